import { Option, type Command } from "commander";
import { examples, repeated } from "./arguments.ts";
import type { Io } from "./io.ts";

const compareExitHelp = `
Exit codes:
  0 compared, whatever was found   3 failed: a run is void
  4 refused before anything started   130 interrupted: compared as far as played
`;

/** `blastlab compare`. */
export function addCompare(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("compare")
    .description("Play scenarios on several stacks with the same seeds, and say what can be told apart")
    .argument("<scenarios...>", "names that `npx blastlab scenarios` lists, or paths of YAML files")
    .requiredOption("--stack, --stacks <list>", "names that `npx blastlab stacks` lists, or paths, with commas between them; NAME=STACK gives a variant a name")
    .addOption(repeated("--set <name:key=value>", "replace a value of the stack of that name, or without a name one of the scenario; may be repeated"))
    .option("--seeds <list>", "how many seeds, from 1 on; or a list such as 21..40 or 1,5,9 (default: 20, live 3)")
    .addOption(new Option("--virtual", "in simulated time, a child process for each core (the default)").conflicts(["live", "out", "allowTargets", "allowCommands"]))
    .option("--live", "with real processes, one run after another")
    .option("--out <dir>", "with --live: keep the run directories there (default: under runs/)")
    .option("--json <file>", "write the comparison, and each run's result, as JSON; `-` is stdout")
    .option("--markdown <file>", "write it as Markdown; `-` is stdout")
    .option("--html <file>", "write it as a page of one file that makes no request; `-` is stdout")
    .addOption(new Option("--load <part>", "with --live: what offers the load").choices(["embedded", "k6"]).default("embedded"))
    .addOption(new Option("--network <part>", "with --live: what breaks the network").choices(["auto", "embedded", "toxiproxy"]).default("auto"))
    .option("--allow-commands", "with --live: run the commands that stacks name")
    .option("--allow-targets <file>", "with --live: hosts besides loopback that may be called, one a line")
    .addHelpText("after", examples("npx blastlab compare provider-down gateway-dead --stacks naive,hardened", "npx blastlab compare saturation --stacks hardened,eager=hardened --set eager:gateway.policy.breaker=null") + compareExitHelp)
    .action(async (scenarios, options) => end(await (await import("./commands/compare.ts")).compareCommand(scenarios, options, io)));
}

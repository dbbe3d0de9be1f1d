import { Option, type Command } from "commander";
import { collect, countingNumber, examples } from "./arguments.ts";
import type { Io } from "./io.ts";

/** `blastlab suite`. */
export function addSuite(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("suite")
    .description("Play scenarios on stacks with seeds, and say what held")
    .argument("[names...]", "names that `blastlab scenarios` lists, or paths of YAML files (default: the whole library)")
    .option("--tag <tag>", "only scenarios with this tag; may be repeated", collect, [])
    .option("--stack <name...>", "names that `blastlab stacks` lists, or paths; `every` is each of the library (default: hardened)")
    .option("--seeds <number>", "play seeds 1 to this number", countingNumber, 1)
    .addOption(new Option("--virtual", "in simulated time, a child process for each core (the default)").conflicts("live"))
    .option("--live", "with real processes, one run after another")
    .option("--shard <i/n>", "play the i-th of n parts, such as 1/4")
    .option("--out <dir>", "keep the run directory of each cell there (default: none is kept; of live runs under runs/)")
    .addHelpText("after", examples("npx blastlab suite", "npx blastlab suite gateway-dead region-loss --stack naive hardened --seeds 5"))
    .action(async (names, options) => end(await (await import("./commands/suite.ts")).suiteCommand(names, options, io)));
}

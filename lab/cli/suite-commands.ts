import { Option, type Command } from "commander";
import { examples, repeated } from "./arguments.ts";
import type { Io } from "./io.ts";

const suiteExitHelp = `
Exit codes:
  0 as expected, or better   1 a worse end or a worse measure
  2 unknown, or not played   3 failed: a run is void
  4 refused before anything started   130 interrupted
`;

/** `blastlab suite` and `blastlab coverage`. */
export function addSuite(program: Command, io: Io, end: (exitCode: number) => void): void {
  program
    .command("suite")
    .description("Play scenarios on stacks with seeds, compare them with a baseline, and report to CI")
    .argument("[names...]", "names that `npx blastlab scenarios` lists, or paths of YAML files (default: the whole library)")
    .addOption(repeated("--tag <tag>", "only scenarios with this tag; may be repeated"))
    .option("--stacks, --stack <name...>", "names that `npx blastlab stacks` lists, or paths, with spaces or commas between them; `every` is each of the library (default: hardened)")
    .addOption(new Option("--seeds <list>", "how many seeds, from 1 on; or a list such as 21..40 or 1,5,9").default("1", "1"))
    .addOption(repeated("--set <key=value>", "replace a value of every scenario, or of every stack after `stack.`; may be repeated"))
    .addOption(new Option("--virtual", "in simulated time, a child process for each core (the default)").conflicts(["live", "allowTargets", "allowCommands"]))
    .option("--live", "with real processes, one run after another")
    .option("--allow-targets <file>", "live: hosts besides loopback that may be targets, one host or host:port a line")
    .option("--allow-commands", "live: let the stack file start the program that it names (external.command)")
    .option("--shard <i/n>", "play the i-th of n parts, such as 1/4")
    .addOption(new Option("--merge <dir...>", "play nothing: put together the directories of shards").conflicts(["live", "shard", "tag", "stack", "seeds", "set", "keep", "allowTargets", "allowCommands"]))
    .option("--out <dir>", "the suite's directory, new or empty, for --merge and `npx blastlab coverage` (default: a new one under runs/)")
    .option("--keep", "keep the run directory of each virtual cell too")
    .option("--baseline <file>", "compare with the ends and measures in this file")
    .addOption(new Option("--update", "write the results into the --baseline file, for a review").conflicts("shard"))
    .option("--junit <file>", "write JUnit XML; `-` is stdout, as for each of these")
    .option("--ctrf <file>", "write a report in the Common Test Report Format (JSON)")
    .option("--json <file>", "write the results as JSON")
    .option("--markdown <file>", "write a page")
    .option("--html <file>", "write a page of one file that ends with what may be said of each stack before it goes into service")
    .option("--github", "print annotations for GitHub, and add the page to the job summary")
    .addHelpText("after", examples("npx blastlab suite", "npx blastlab suite gateway-dead region-loss --stack naive hardened --seeds 5", "npx blastlab suite --seeds 5 --baseline blastlab-baseline.json --junit reports/junit.xml --github") + suiteExitHelp)
    .action(async (names, options) => end(await (await import("./commands/suite.ts")).suiteCommand(names, options, io)));
  program
    .command("coverage")
    .description("Failure mode by stack: how it ended last, how long ago, and when it last held")
    .argument("[folders...]", "folders with run directories and suites (default: runs)")
    .option("--stack <name...>", "only these stacks, with spaces or commas between them (default: all that were played)")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("npx blastlab coverage", "npx blastlab coverage runs artifacts --stack hardened"))
    .action(async (folders, options) => (await import("./commands/coverage.ts")).coverageCommand(folders, options, io));
}

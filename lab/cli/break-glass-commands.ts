import type { Command } from "commander";
import { examples, lengthOfTime } from "./arguments.ts";
import type { Io } from "./io.ts";

/** `blastlab break-glass …`: to the providers while every process of the gateway is dead. */
export function addBreakGlass(program: Command, io: Io): void {
  const breakGlass = program.command("break-glass").description("Lead a team round a dead gateway, for a time, with a signed token and an audit log").addHelpText("after", examples("npx blastlab break-glass init --operator ann", "npx blastlab break-glass status"));
  const add = (name: string, description: string, example: string) =>
    breakGlass
      .command(name)
      .description(description)
      .option("--folder <dir>", "the installation (default: $BLASTLAB_BREAK_GLASS_DIR, else ~/.config/blastlab/break-glass)")
      .option("--json", "print the answer as JSON")
      .addHelpText("after", examples(example));
  add("init", "Make the keys of this machine's installation", "npx blastlab break-glass init --operator ann")
    .option("--operator <name>", "whose signing key (default: the user's name)")
    .action(async (options) => (await import("./commands/break-glass.ts")).initCommand(options, io));
  withCredentials(add("on", "Open a window: the team's clients go to its providers directly", 'npx blastlab break-glass on --team search --for 30m --reason "gateway down, INC-4711" --yes'))
    .requiredOption("--for <time>", "how long, 1m to 4h; it ends by itself", lengthOfTime)
    .requiredOption("--reason <text>", "why, at least 10 characters; the audit log keeps it")
    .option("--providers <list>", "these providers alone, with commas (default: all of the team's)")
    .option("--yes", "open it without the typed confirmation; the audit log records it")
    .action(async (options) => (await import("./commands/break-glass.ts")).onCommand(options, io));
  add("off", "End a team's window now", "npx blastlab break-glass off --team search")
    .requiredOption("--team <name>", "whose window")
    .action(async (options) => (await import("./commands/break-glass.ts")).offCommand(options, io));
  add("status", "Show the open windows and the last drill", "npx blastlab break-glass status").action(async (options) => (await import("./commands/break-glass.ts")).statusCommand(options, io));
  add("report", "Show what went past the protections, window by window", "npx blastlab break-glass report --team search")
    .option("--team <name>", "its windows alone")
    .action(async (options) => (await import("./commands/break-glass.ts")).reportCommand(options, io));
  withCredentials(add("drill", "Kill two gateways of its own, lead the team past them, ask every route, lead it back, and record what was seen", "npx blastlab break-glass drill --team search --client-key SEARCH_KEY"))
    .requiredOption("--client-key <variable>", "the variable that holds one of the team's client keys")
    .option("--gateway <url>", "start and kill none: the team's own gateways are behind this URL, and you have stopped them")
    .action(async (options) => (await import("./commands/break-glass.ts")).drillCommand(options, io));
}

function withCredentials(command: Command): Command {
  return command
    .requiredOption("--team <name>", "whose clients, by the map of the installation")
    .option("--operator <name>", "who signs (default: the user's name)")
    .option("--age <file>", "take the providers' keys from this age file of lines NAME=value (default: from the environment)")
    .option("--identity <file>", "the age identity that opens it");
}

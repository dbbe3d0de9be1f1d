import { CommanderError } from "commander";
import { exitCodes, LabError, messageOf } from "../../kernel/errors.ts";
import { writeJson, type Io } from "./io.ts";

/** What a command threw, as it is reported to a person and to a program. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exitCode: number;
}

/** Null: it is no trouble (help and version were asked for). `command`: the one that was given, `npx blastlab run`. */
export function troubleOf(error: unknown, command = "npx blastlab"): Trouble | null {
  if (error instanceof LabError) return { code: error.code, message: error.message, hint: error.hint, exitCode: error.exitCode };
  if (error instanceof CommanderError) return badArguments(error, command);
  if (error instanceof Error && error.name === "Interrupted") {
    return { code: "interrupted", message: "Interrupted", hint: "It ended before there was anything to judge, and nothing is left running", exitCode: exitCodes.interrupted };
  }
  return {
    code: "internal",
    message: `internal: ${messageOf(error)}`,
    hint: "This is a fault of the lab itself; run again with BLASTLAB_DEBUG=1 for the stack",
    exitCode: exitCodes.failed,
  };
}

/** Two lines on stderr, or with `json` one object on stdout. */
export function reportTrouble(io: Io, trouble: Trouble, json: boolean): void {
  const { code, message, hint } = trouble;
  if (json) writeJson(io, { error: { code, message, hint } });
  else io.stderr.write(`error: ${message}\nhint: ${hint}\n`);
}

/** Commander's message: `error: unknown option '--sead'`, and perhaps a second line `(Did you mean --seed?)`. */
function badArguments(error: CommanderError, command: string): Trouble | null {
  if (error.exitCode === 0) return null;
  const [first = "", second = ""] = error.message.split("\n");
  const suggestion = second.replace(/^\(|\)$/g, "");
  const message = first.replace(/^error: /, "");
  return {
    code: "bad_arguments",
    message: message === "(outputHelp)" ? "No command was given" : message,
    hint: suggestion === "" ? `\`${command} --help\` shows what there is` : suggestion,
    exitCode: exitCodes.refused,
  };
}

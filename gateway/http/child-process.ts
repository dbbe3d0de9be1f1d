import { parseArgs } from "node:util";
import { exitCodes, LabError, messageOf } from "../../kernel/errors.ts";

/**
 * The conventions of child processes (docs/ARCHITECTURE.md, "Processes of a live run"), for processes that drain
 * nothing.
 */

export interface ProgramArguments {
  readonly config?: string | undefined;
  readonly check?: string | undefined;
  readonly help?: boolean | undefined;
}

/** What the program was called with. Throws `LabError` `arguments_invalid`. */
export function programArguments({ hasCheck }: { readonly hasCheck: boolean }): ProgramArguments {
  const options = { config: { type: "string" }, help: { type: "boolean", short: "h" } } as const;
  try {
    return hasCheck ? parseArgs({ options: { ...options, check: { type: "string" } } }).values : parseArgs({ options }).values;
  } catch (error) {
    throw invalidArguments(messageOf(error));
  }
}

/** The file of `--config`. `action` is what cannot be done without it: `start the edge`. */
export function configFileOf({ config }: ProgramArguments, action: string): string {
  if (config === undefined) throw invalidArguments(`Cannot ${action}: --config is missing`);
  return config;
}

const invalidArguments = (message: string) => new LabError({ exit: "refused", code: "arguments_invalid", message, hint: "see --help" });

/** One line of JSON on stdout. */
export const printLine = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);

/**
 * Closes once, and ends the process: on SIGTERM, at the end of a piped stdin, and on Ctrl-C where a person has the
 * terminal.
 */
export function closeOnSignals(close: () => Promise<unknown>): void {
  let isClosing = false;
  const closeOnce = () => {
    if (isClosing) return;
    isClosing = true;
    void close().then(() => process.exit(0));
  };
  process.on("SIGTERM", closeOnce);
  process.on("SIGINT", process.stdin.isTTY ? closeOnce : () => {});
  if (!process.stdin.isTTY) process.stdin.on("end", closeOnce).on("error", closeOnce).resume();
}

/** Prints why the process could not start. */
export function reportFailedStart(error: unknown): void {
  const known = error instanceof LabError ? error : null;
  printLine({ ready: false, code: known?.code ?? "start_failed", message: known?.message ?? messageOf(error), hint: known?.hint ?? "see this process's log" });
  process.exitCode = exitCodes.failed;
}

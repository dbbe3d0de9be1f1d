import { exitCodes, LabError, messageOf } from "../../kernel/errors.ts";

/** The conventions of child processes (docs/ARCHITECTURE.md, "Processes of a live run"), for processes that drain nothing. */

/** One line of JSON on stdout. */
export const printLine = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);

/** Closes once, and ends the process: on SIGTERM, at the end of a piped stdin, and on Ctrl-C where a person has the terminal. */
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

import { parseArgs } from "node:util";
import { exitCodes, LabError, messageOf } from "../../kernel/errors.ts";
import { withoutDumps } from "./no-dumps.ts";

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

interface KeeperProgram {
  readonly usage: string;
  /** What cannot be done without a file: `start the vault`. */
  readonly action: string;
  readonly start: (configFile: string, log: (line: string) => void) => Promise<{ readonly url: string; close(): Promise<unknown> }>;
}

/** A program that keeps secrets or signs with them: `--config FILE` and nothing else, and no dumps. */
export async function runKeeper({ usage, action, start }: KeeperProgram): Promise<void> {
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  try {
    withoutDumps();
    const given = programArguments({ hasCheck: false });
    if (given.help) return void process.stdout.write(usage);
    const server = await start(configFileOf(given, action), (line) => void process.stderr.write(`${line}\n`));
    closeOnSignals(() => server.close());
    printLine({ ready: true, url: server.url });
  } catch (error) {
    reportFailedStart(error);
  }
}

/** Prints why the process could not start. */
export function reportFailedStart(error: unknown): void {
  const known = error instanceof LabError ? error : null;
  printLine({ ready: false, code: known?.code ?? "start_failed", message: known?.message ?? messageOf(error), hint: known?.hint ?? "see this process's log" });
  process.exitCode = exitCodes.failed;
}

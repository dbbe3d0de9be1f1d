/** How a command of the lab ends (README, "Read the verdict"). */
export const exitCodes = { held: 0, deviated: 1, unknown: 2, failed: 3, refused: 4, interrupted: 130 } as const;

export type ErrorExit = "failed" | "refused";

/**
 * An error that a person is meant to read: what, where, what was expected, what to do. `refused` before anything
 * started (exit 4: bad arguments, bad file, unknown name, forbidden target); `failed` for a port, tool, provider or the
 * steady state (exit 3).
 */
export class LabError extends Error {
  override readonly name = "LabError";
  readonly exit: ErrorExit;
  /** Stable and greppable: `scenario_invalid`, `port_in_use`. */
  readonly code: string;
  /** What to do next, one line. */
  readonly hint: string;

  constructor(options: { exit: ErrorExit; code: string; message: string; hint: string; cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exit = options.exit;
    this.code = options.code;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return exitCodes[this.exit];
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

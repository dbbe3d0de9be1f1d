import { LabError, messageOf } from "../../kernel/errors.ts";
import type { ComponentExit, RunEnd, StillInForce } from "../../kernel/records.ts";
import type { Warden } from "../warden/client.ts";
import type { RunDirectory } from "./directory.ts";
import { writeEndFile } from "./end-file.ts";

/** A run that is being closed. */
export interface EndingRun {
  readonly directory: RunDirectory;
  readonly warden: Warden;
  /** What went wrong with its faults. */
  readonly troubles: readonly string[];
  /** Processes of the system that ended by themselves. */
  readonly componentExits: readonly ComponentExit[];
}

/**
 * Undoes all faults and writes down that the run is void. Resolves to the error, which names what could not be undone.
 */
export async function failed(run: EndingRun, error: unknown, atMs: number): Promise<unknown> {
  const stillInForce = await undoAll(run.warden);
  await writeEnd(run, { reason: "failed", message: messageOf(error), atMs, stillInForce });
  return stillInForce.length === 0 ? error : notAllUndone(stillInForce, error);
}

/** A warden that has ended leaves it to the conductor. */
export async function undoAll(warden: Warden): Promise<readonly StillInForce[]> {
  try {
    return await warden.undoAll();
  } catch {
    return warden.shutdown();
  }
}

/** Writes `end.json`. */
export async function writeEnd({ directory, troubles, componentExits }: EndingRun, end: Omit<RunEnd, "troubles" | "componentExits">): Promise<void> {
  await writeEndFile(directory, { ...end, troubles, componentExits });
}

/** What the verdict could not know of fails the command. */
export function checkAllUndone(left: readonly StillInForce[], known: readonly StillInForce[]): void {
  const unknown = left.filter(({ id }) => !known.some((one) => one.id === id));
  if (unknown.length > 0) throw notAllUndone(unknown);
}

function notAllUndone(stillInForce: readonly StillInForce[], cause?: unknown): LabError {
  const left = stillInForce.map(({ description, reason }) => `${description} (${reason})`).join("; ");
  return new LabError({
    exit: "failed",
    code: cause instanceof LabError ? cause.code : "not_undone",
    message: `${cause === undefined ? "" : `${messageOf(cause)}. `}Perhaps still in force: ${left}`,
    hint: "Undo it by hand before the next run",
    ...(cause === undefined ? {} : { cause }),
  });
}

import path from "node:path";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { Cancelled, type Signal } from "../../kernel/signal.ts";
import { playResolved } from "../conductor/virtual/play.ts";
import { virtualInputs } from "../conductor/virtual/virtual-inputs.ts";
import { writeRun } from "../conductor/virtual/write-run.ts";
import { resolveRun } from "../plan/resolve-run.ts";
import type { Cell, CellResult, PlayedCell } from "./cell.ts";
import { resultOf, unplayed } from "./cell-result.ts";

export interface PlayVirtualOptions {
  /** Folder for the run directories. Null: none is kept. */
  readonly keepIn: string | null;
  readonly signal: Signal;
}

/** Codes of what a stack or the virtual harness cannot have: the cell says nothing against the stack. */
const inapplicable: ReadonlySet<string> = new Set(["not_applicable", "stack_unfit", "virtual_unsupported"]);

export const isInapplicable = (error: unknown): boolean => error instanceof LabError && inapplicable.has(error.code);

/**
 * Plays a cell in this process, with its paired control. What goes wrong is a `failed` cell with the reason. Rejects
 * with `Cancelled` alone.
 */
export async function playVirtual(cell: Cell, options: PlayVirtualOptions): Promise<PlayedCell> {
  const playedAt = new Date().toISOString();
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const { result, directory } = await play(cell, options);
  const { user, system } = process.cpuUsage(before);
  return { result, effort: { cpuMs: (user + system) / 1_000, wallMs: performance.now() - startedMs, playedAt, directory } };
}

async function play(cell: Cell, { keepIn, signal }: PlayVirtualOptions): Promise<{ readonly result: CellResult; readonly directory: string | null }> {
  try {
    const run = await playResolved(resolveRun(virtualInputs(cell)), { onProgress: () => {}, signal });
    const directory = keepIn === null ? null : path.join(keepIn, directoryName(cell));
    if (directory !== null) await writeRun(directory, run);
    return { result: resultOf(cell, run.plan, run.verdict), directory };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return { result: resultOfError(cell, error), directory: null };
  }
}

/** A cell that gave no verdict because of an error. */
export function resultOfError(cell: Cell, error: unknown): CellResult {
  return unplayed(cell, isInapplicable(error) ? "not_applicable" : "failed", [messageOf(error)]);
}

/** Name of a cell's run directory. Paths of files lose what is no part of a name. */
export function directoryName({ scenario, stack, seed }: Cell): string {
  const plain = (nameOrPath: string) => path.basename(nameOrPath).replace(/\.ya?ml$/, "");
  return `${plain(scenario)}--${plain(stack)}--${seed}`;
}

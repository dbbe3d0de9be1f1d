import { availableParallelism } from "node:os";
import { doInChildren } from "./child-pool.ts";
import type { Cell, PlayedCell } from "./cell.ts";
import { unplayed } from "./cell-result.ts";
import type { WorkerTask } from "./play-worker.ts";

export interface PlayCellsOptions {
  /** Default: one for each core. The number changes no result. */
  readonly processes?: number;
  /** Folder for the run directories. Null: none is kept. */
  readonly keepIn: string | null;
  /** After it, what is under way ends unplayed. */
  readonly signal: AbortSignal;
  /** A cell is done, in no order. `index`: its place among the cells. */
  readonly onPlayed: (played: PlayedCell, index: number) => void;
}

/** The longest scenario takes a minute of CPU time. A busy machine may take ten times as long. */
const cellMsMax = 1_800_000;

/**
 * Plays cells in virtual time, in child processes. Resolves to those that were played, in the order of the cells. Never
 * rejects because of a cell.
 */
export async function playCells(cells: readonly Cell[], { processes = availableParallelism(), keepIn, signal, onPlayed }: PlayCellsOptions): Promise<readonly PlayedCell[]> {
  const played = new Map<number, PlayedCell>();
  const add = (index: number, one: PlayedCell) => {
    played.set(index, one);
    onPlayed(one, index);
  };
  await doInChildren<WorkerTask, PlayedCell>(
    cells.map((cell) => ({ cell, keepIn })),
    {
      entry: new URL("./play-worker.ts", import.meta.url),
      processes,
      taskMsMax: cellMsMax,
      signal,
      onAnswer: add,
      onDeath: (index, reason) => add(index, { result: unplayed(cells[index]!, "failed", [reason]), effort: { cpuMs: null, wallMs: 0, playedAt: new Date().toISOString(), directory: null } }),
    },
  );
  return cells.flatMap((_, index) => played.get(index) ?? []);
}

import { existsSync } from "node:fs";
import path from "node:path";
import { Interrupted } from "../live/interrupt.ts";
import type { RunOptions } from "../live/options.ts";
import { runLive } from "../live/run-live.ts";
import type { Cell, CellResult, PlayedCell } from "./cell.ts";
import { resultOf } from "./cell-result.ts";
import { directoryName, resultOfError } from "./play-virtual.ts";

export interface PlayLiveOptions extends Pick<RunOptions, "load" | "network" | "onProgress" | "allowTargets" | "allowCommands"> {
  /** Folder for the run directories. A live run always has one. */
  readonly keepIn: string;
  /** After it, no cell begins. */
  readonly signal: AbortSignal;
  readonly onPlayed: (played: PlayedCell) => void;
}

/**
 * Plays cells live, one after the other, as `blastlab run` does. Ctrl-C ends the cell that is under way, and the cells
 * after it are not played.
 */
export async function playLive(cells: readonly Cell[], { keepIn, signal, onPlayed, ...options }: PlayLiveOptions): Promise<readonly PlayedCell[]> {
  const all: PlayedCell[] = [];
  for (const cell of cells) {
    if (signal.aborted) return all;
    const playedAt = new Date().toISOString();
    const startedMs = performance.now();
    const out = path.join(keepIn, directoryName(cell));
    const result = await play(cell, { ...options, out });
    if (result === null || result.end === "interrupted") return all;
    const directory = existsSync(out) ? out : null;
    const played = { result, effort: { cpuMs: null, wallMs: performance.now() - startedMs, playedAt, directory } };
    all.push(played);
    onPlayed(played);
  }
  return all;
}

/** Null: interrupted before it began. */
async function play(cell: Cell, options: Omit<RunOptions, keyof Cell>): Promise<CellResult | null> {
  try {
    const { plan, verdict } = await runLive({ ...options, ...cell });
    return resultOf(cell, plan, verdict);
  } catch (error) {
    return error instanceof Interrupted ? null : resultOfError(cell, error);
  }
}

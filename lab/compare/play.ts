import path from "node:path";
import { playCells, type PlayCellsOptions } from "../suite/play-cells.ts";
import { playLive, type PlayLiveOptions } from "../suite/play-live.ts";
import { directoryName } from "../suite/play-virtual.ts";
import type { Cell } from "../suite/cell.ts";
import type { LabelledResult } from "./comparison.ts";
import type { Contestant } from "./contestants.ts";

/** A cell, and the contestant that it is of. */
interface LabelledCell {
  readonly label: string;
  readonly cell: Cell;
}

/**
 * Every scenario with every seed on every contestant, those of one seed together, so that what the machine does meets
 * all of them alike.
 */
export function cellsOf(scenarios: readonly string[], contestants: readonly Contestant[], seeds: readonly number[]): readonly LabelledCell[] {
  return scenarios.flatMap((scenario) => seeds.flatMap((seed) => contestants.map(({ label, stack, sets }) => ({ label, cell: { scenario, stack, seed, sets } }))));
}

/** Folder of a contestant's run directories, in that of the comparison. */
const folderOf = (label: string) => path.basename(label);

/** Where each live run is kept, in the folder of the comparison. */
export const directoriesOf = (cells: readonly LabelledCell[]): readonly string[] => cells.map(({ label, cell }) => path.join(folderOf(label), directoryName(cell)));

/** Plays them in virtual time, in child processes. Resolves to those that were played, in their order. */
export async function playVirtually(cells: readonly LabelledCell[], options: PlayCellsOptions): Promise<readonly LabelledResult[]> {
  const played = new Map<number, LabelledResult>();
  const onPlayed: PlayCellsOptions["onPlayed"] = (one, index) => {
    played.set(index, { label: cells[index]!.label, result: one.result });
    options.onPlayed(one, index);
  };
  await playCells(cells.map(({ cell }) => cell), { ...options, onPlayed });
  return cells.flatMap((_, index) => played.get(index) ?? []);
}

/**
 * Plays them with real processes, one after the other, each contestant's run directories in a folder of its own.
 * Resolves to those that were played.
 */
export async function playForReal(cells: readonly LabelledCell[], { keepIn, ...options }: PlayLiveOptions): Promise<readonly LabelledResult[]> {
  const results: LabelledResult[] = [];
  for (const { label, cell } of cells) {
    const [played] = await playLive([cell], { ...options, keepIn: path.join(keepIn, folderOf(label)) });
    if (played === undefined) return results;
    results.push({ label, result: played.result });
  }
  return results;
}

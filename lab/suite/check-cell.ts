import { LabError } from "../../kernel/errors.ts";
import type { RunOptions } from "../live/options.ts";
import { resolveRun } from "../plan/resolve-run.ts";
import type { Cell } from "./cell.ts";
import { isInapplicable } from "./play-virtual.ts";

/** What is to be played, without a seed. */
type Pair = Pick<Cell, "scenario" | "stack" | "sets">;

/** The first cell of each scenario on each stack. */
export function onePerPair(cells: readonly Cell[]): readonly Cell[] {
  return [...Map.groupBy(cells, ({ scenario, stack }) => JSON.stringify([scenario, stack])).values()].map(([first]) => first!);
}

/**
 * Refuses cells whose runs would be kept in one directory: files of the same name in different folders. Throws LabError
 * `refused` `same_directory`.
 */
export function assertOwnDirectories(directories: readonly string[]): void {
  const twice = directories.find((directory, index) => directories.indexOf(directory) !== index);
  if (twice === undefined) return;
  throw new LabError({ exit: "refused", code: "same_directory", message: `Cannot keep two runs in "${twice}": two files have the same name`, hint: "Give the files of scenarios and stacks names that differ, whatever their folders" });
}

/**
 * Before anything is played: a mistake in a file or a setting is refused. That a stack cannot play the scenario is a
 * result. Throws LabError `refused`.
 */
export function checkVirtual({ scenario, stack, sets }: Pair): void {
  try {
    resolveRun({ scenario, stack, sets });
  } catch (error) {
    if (!isInapplicable(error)) throw error;
  }
}

/** The same for a run with real processes. Rejects with LabError. */
export async function checkLive({ scenario, stack, sets }: Pair, allowed: Pick<RunOptions, "load" | "allowCommands" | "allowTargets">): Promise<void> {
  const { checkRun } = await import("../live/prepare.ts");
  try {
    await checkRun({ scenario, stack, sets, ...allowed });
  } catch (error) {
    if (!isInapplicable(error)) throw error;
  }
}

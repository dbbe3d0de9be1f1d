import { LabError } from "../../kernel/errors.ts";
import { firstTwice } from "../../kernel/first-twice.ts";
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
  const twice = firstTwice(directories);
  if (twice === undefined) return;
  throw new LabError({ exit: "refused", code: "same_directory", message: `Cannot keep two runs in "${twice}": two files have the same name`, hint: "Give the files of scenarios and stacks names that differ, whatever their folders" });
}

/** What a run with real processes is played with. */
type Live = Pick<RunOptions, "load" | "allowCommands" | "allowTargets">;

/**
 * Before anything is played: a mistake in a file or a setting is refused. That a stack cannot play the scenario is a
 * result. `live` is null for virtual time. Rejects with LabError `refused`.
 */
export async function checkPair({ scenario, stack, sets }: Pair, live: Live | null): Promise<void> {
  try {
    if (live === null) resolveRun({ scenario, stack, sets });
    else await (await import("../live/prepare.ts")).checkRun({ scenario, stack, sets, ...live });
  } catch (error) {
    if (!isInapplicable(error)) throw error;
  }
}

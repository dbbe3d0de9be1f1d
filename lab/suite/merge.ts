import { LabError } from "../../kernel/errors.ts";
import { cellName } from "./cell.ts";
import type { PlayedSuite } from "./suite.ts";

/**
 * Shards of one suite as the suite. Throws LabError `refused` `suites_differ`: they are of different suites, or two
 * have the same cell.
 */
export function mergeSuites(shards: readonly PlayedSuite[]): PlayedSuite {
  const [first] = shards;
  if (first === undefined) throw differ("there is none");
  for (const { suite } of shards) {
    if (suite.cells !== first.suite.cells || suite.harness !== first.suite.harness) throw differ("they are parts of different suites");
  }
  const results = shards.flatMap(({ suite }) => suite.results).sort((a, b) => a.place - b.place);
  for (const [index, result] of results.entries()) {
    if (result.place === results[index + 1]?.place) throw differ(`two of them have played ${cellName(result.cell)}`);
  }
  const cells = shards.flatMap(({ effort }) => effort.cells).sort((a, b) => a.place - b.place);
  return { suite: { ...first.suite, results }, effort: { ...first.effort, cells } };
}

function differ(why: string): LabError {
  return new LabError({ exit: "refused", code: "suites_differ", message: `Cannot merge the suites: ${why}`, hint: "Give each directory of one suite once: the same names, tags, stacks and seeds, and --shard 1/n to n/n" });
}

import { LabError } from "../../kernel/errors.ts";
import { cellName } from "./cell.ts";
import type { PlayedSuite } from "./suite.ts";

/**
 * Shards of one suite as the suite. Throws LabError `refused` `suites_differ`: they are of different suites, were
 * played with different code, or two have the same cell.
 */
export function mergeSuites(shards: readonly PlayedSuite[]): PlayedSuite {
  const [first] = shards;
  if (first === undefined) throw differ("there is none");
  for (const { suite } of shards) {
    if (suite.cells !== first.suite.cells || suite.harness !== first.suite.harness) throw differ("they are parts of different suites");
  }
  if (shards.some(({ effort }) => effort.code !== first.effort.code)) throw differ("they were played with different code or files", "Play every shard at one commit, with the same scenarios and stacks");
  const results = shards.flatMap(({ suite }) => suite.results).sort((a, b) => a.place - b.place);
  for (const [index, result] of results.entries()) {
    if (result.place === results[index + 1]?.place) throw differ(`two of them have played ${cellName(result.cell)}`);
  }
  const cells = shards.flatMap(({ effort }) => effort.cells).sort((a, b) => a.place - b.place);
  if (results.some(({ place }) => place >= first.suite.of)) throw differ("one has a cell that is not of the suite");
  return { suite: { ...first.suite, results }, effort: { ...first.effort, cells } };
}

const sameSuite = "Give each directory of one suite once: the same names, tags, stacks, seeds and settings, and --shard 1/n to n/n";

function differ(why: string, hint = sameSuite): LabError {
  return new LabError({ exit: "refused", code: "suites_differ", message: `Cannot merge the suites: ${why}`, hint });
}

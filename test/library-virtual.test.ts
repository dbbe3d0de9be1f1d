import { expect, test } from "vitest";
import { openScenario } from "../lab/plan/library.ts";
import { parseScenario } from "../scenarios/parse.ts";
import { endsAsMeant, libraryCells, playCell } from "./library/cells.ts";

const slow = { timeout: 300_000 };

test.each(libraryCells)("library: $scenario on $stack ends as meant in virtual time (endsAs: $endsAs)", slow, async (cell) => {
  const { text, shown } = openScenario(cell.scenario);
  const { seed } = parseScenario(text, shown);
  const ended = await playCell(cell, seed);
  expect({ ...ended, meant: endsAsMeant(cell, ended) }, `${cell.scenario} on ${cell.stack} ended as ${ended.end}: ${ended.reason}`).toMatchObject({ meant: true });
});

test("library: every scenario says of at least one stack how it ends there", () => {
  const silent = [...Map.groupBy(libraryCells, ({ scenario }) => scenario)].filter(([, cells]) => cells.every(({ endsAs }) => endsAs === undefined));
  expect(silent.map(([scenario]) => scenario)).toEqual([]);
});

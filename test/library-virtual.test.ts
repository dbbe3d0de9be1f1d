import { beforeAll, expect, test } from "vitest";
import { cellName, type CellResult } from "../lab/suite/cell.ts";
import { chooseCells } from "../lab/suite/choose-cells.ts";
import { playCells } from "../lab/suite/play-cells.ts";
import { scenarioFacts } from "../lab/suite/scenario-facts.ts";
import { scenarioNames } from "../lab/plan/library.ts";
import { endsAsMeant } from "./library/as-meant.ts";

const cells = chooseCells({ names: [], tags: [], stacks: "every", seeds: [1] });
const results = new Map<string, CellResult>();

beforeAll(async () => {
  const played = await playCells(cells, { keepIn: null, signal: new AbortController().signal, onPlayed: () => {} });
  for (const { result } of played) results.set(cellName(result.cell), result);
}, 1_800_000);

test.each(cells)("library: $scenario on $stack ends as meant in virtual time", (cell) => {
  const result = results.get(cellName(cell))!;
  expect({ ...result, asMeant: endsAsMeant(result) }, `${cellName(cell)} ended as ${result.end}: ${result.reasons[0]}`).toMatchObject({ asMeant: true });
});

test("library: every scenario says of at least one stack how it ends there", () => {
  expect(scenarioNames().filter((name) => Object.keys(scenarioFacts(name).scenario.endsAs).length === 0)).toEqual([]);
});

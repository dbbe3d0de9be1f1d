import { expect, test } from "vitest";
import { wilson } from "../kernel/stats.ts";
import { decisionsOf, gateCells } from "./support/eval-corpora.ts";

/** 200 seeded corpora a cell; `npm run evals:power` draws 2,000 and writes docs/results. */
const corpora = 200;

test.each(gateCells)("runGate: 200 seeded corpora: $title", async (cell) => {
  const counts = await decisionsOf(cell, corpora);
  const share = counts[cell.expected] / corpora;
  expect(share, JSON.stringify(counts)).toBeGreaterThanOrEqual(cell.atLeast);
  // The test would notice a gate that is a tenth worse.
  expect(wilson(counts[cell.expected], corpora)[0]).toBeGreaterThan(cell.atLeast - 0.1);
});

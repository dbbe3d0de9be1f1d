import { expect, test } from "vitest";
import { paintFor } from "../board/paint.ts";
import type { ExhibitCell } from "./cell.ts";
import { exhibitText, meaning } from "./text.ts";

const cell = (stack: string, changes: Partial<ExhibitCell> = {}): ExhibitCell => ({
  scenario: "gateway-dead",
  stack,
  requests: 600,
  verdict: "deviated",
  reasons: [],
  blastRadius: 0.55,
  silentShare: 0,
  recoveryMs: 1_000,
  costFactor: 1,
  ...changes,
});

test.each([
  [[cell("naive", { blastRadius: 0 }), cell("hardened", { blastRadius: 0.01 })], "hardly notice"],
  [[cell("naive"), cell("hardened")], "single point of failure"],
  [[cell("naive", { silentShare: 1 }), cell("hardened", { silentShare: 0.9 })], "200 OK and wrong on naive and hardened"],
  [[cell("naive"), cell("hardened", { blastRadius: 0 })], "Users of naive are hit, those of hardened are not"],
])("meaning: what the figures of a scenario say: %#", (cells, sentence) => {
  expect(meaning(cells)).toContain(sentence);
});

test("exhibitText: a row a scenario and stack, with every figure, and a sentence a scenario", () => {
  const cells = [cell("naive", { recoveryMs: null, costFactor: 1.234 }), cell("hardened")];
  const lines = exhibitText(cells, paintFor({ isTTY: false } as NodeJS.WriteStream)).split("\n");
  expect(lines.filter((line) => line.includes("naive"))).toEqual([expect.stringMatching(/gateway-dead +naive +55 % +0 % +not within the run +1\.23 x/)]);
  expect(lines.at(-2)).toContain("gateway-dead  Every user of every team is hit");
});

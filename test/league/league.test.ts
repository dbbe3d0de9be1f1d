import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { resultOf } from "../../lab/compare/results.fixture.ts";
import { resolveRun } from "../../lab/plan/resolve-run.ts";
import type { CellEnd, CellMeasures } from "../../lab/suite/cell.ts";
import { openStore, type ResultStore } from "../support/result-store.ts";
import { leagueCell, leagueMs, leagueScenarios, leagueStacks, missingProgram } from "./cells.ts";
import { leaguePage } from "./page.ts";

test("leagueScenarios: ten, each 60 s long on every stack of the table, outside gateways among them", () => {
  expect(leagueScenarios).toHaveLength(10);
  for (const scenario of leagueScenarios) {
    for (const stack of leagueStacks) expect(resolveRun(leagueCell(scenario, stack, 1)).plan.timeline.endMs, `${scenario.name} on ${stack}`).toBe(leagueMs);
  }
});

test("missingProgram: an outside gateway that is not on the PATH, and never the reference gateway", () => {
  expect(missingProgram("litellm", "/nowhere")).toBe("`litellm` is not on the PATH");
  expect(missingProgram("single", "/nowhere")).toBeNull();
});

function storeOf(cells: readonly { readonly stack: string; readonly scenario: string; readonly lost: number; readonly end?: CellEnd; readonly more?: Partial<CellMeasures> }[]): ResultStore {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-league-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = openStore(path.join(folder, "league.ndjson"));
  for (const { stack, scenario, lost, end = "deviated", more = {} } of cells) {
    for (const seed of [1, 2, 3]) {
      const value = lost + seed / 100;
      const { result } = resultOf(stack, seed, { lostDemand: { value, evidence: [value, value], interval: [value - 0.02, value + 0.02] }, ...more }, end);
      store.add({ ...result, cell: { ...result.cell, scenario } }, "abc1234");
    }
  }
  return store;
}

const versions = new Map([["litellm", "1.106.12"], ["portkey", "not installed: `gateway` is not on the PATH"]]);
const pageOf = (store: ResultStore) => leaguePage({ store, date: "2026-11-29", machine: "a machine", versions });

test("leaguePage: means with intervals over clients and ranges over seeds, what is lost at, what was not run, and the configurations whole", () => {
  const page = pageOf(storeOf([
    { stack: "single", scenario: "brownout", lost: 0.3, more: { amplification: 1.1 } },
    { stack: "litellm", scenario: "brownout", lost: 0.1, more: { amplification: 1.5 } },
    { stack: "hardened", scenario: "brownout", lost: 0, end: "failed" },
  ]));
  expect(page).toContain("| `brownout` | 32 % (30.8 % to 33.2 %) [31 % to 33 %] | 12 % (10.8 % to 13.2 %) [11 % to 13 %] | - | - |");
  expect(page).toContain("## What `single` loses at\n\n- `brownout`, lost demand: 32 % against 12 % of litellm.\n\n");
  expect(page).toMatch(/^- `hardened`: failed \(Because\.\): `brownout`$/m);
  expect(page).toContain("- `portkey`: not installed: `gateway` is not on the PATH: `provider-down`, `brownout`,");
  expect(page).toContain("- `single`: not run yet: `provider-down`, `latency-only`,");
  expect(page).toMatch(/^## Money\n\nWhat all requests would have cost, .*\n\n\| scenario/m);
  expect(page).toContain("model_list:");
  expect(page).toContain('"strategy": { "mode": "fallback"');
});

test("leaguePage: without an outside gateway nothing is said of losses, and a difference that the clients do not bear out is none", () => {
  expect(pageOf(storeOf([{ stack: "single", scenario: "brownout", lost: 0.3 }]))).toContain("No outside gateway was played, so nothing can be said.");
  const near = storeOf([{ stack: "single", scenario: "brownout", lost: 0.112 }, { stack: "litellm", scenario: "brownout", lost: 0.1 }]);
  expect(pageOf(near)).toContain("Nothing that these runs can tell, against litellm.");
});

test("openStore: a run that failed is played again, and one that was judged is not", () => {
  const store = storeOf([{ stack: "single", scenario: "brownout", lost: 0 }, { stack: "litellm", scenario: "brownout", lost: 0, end: "failed" }]);
  const cell = (stack: string) => ({ scenario: "brownout", stack, seed: 1, sets: [] });
  expect([store.has(cell("single")), store.has(cell("litellm")), store.has(cell("portkey"))]).toEqual([true, false, false]);
});

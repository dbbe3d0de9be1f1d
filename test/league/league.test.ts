import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { moneyOf, resultOf } from "../../lab/compare/results.fixture.ts";
import { resolveRun } from "../../lab/plan/resolve-run.ts";
import type { CellEnd, CellMeasures } from "../../lab/suite/cell.ts";
import { openStore, type ResultStore } from "../support/result-store.ts";
import { leagueCell, leagueMs, leagueScenarios, leagueStacks, missingProgram } from "./cells.ts";
import { headlineOf } from "./headline.ts";
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

interface Played {
  readonly stack: string;
  readonly scenario: string;
  readonly lost: number;
  readonly end?: CellEnd;
  readonly more?: Partial<CellMeasures>;
}

function storeOf(cells: readonly Played[]): ResultStore {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-league-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = openStore(path.join(folder, "league.ndjson"));
  for (const { stack, scenario, lost, end = "deviated", more = {} } of cells) {
    for (const seed of [1, 2, 3]) {
      const value = lost === 0 ? 0 : lost + seed / 100;
      const { result } = resultOf(stack, seed, { lostDemand: { value, evidence: [value, value], interval: [value - 0.02, value + 0.02] }, ...more }, end);
      const effort = { cpuMs: null, wallMs: 70_000, playedAt: "2026-11-29T23:10:00.000Z", directory: null };
      store.add({ result: { ...result, cell: { ...result.cell, scenario } }, effort }, { commit: "abc1234", machine: "a machine", ...(stack === "litellm" && { version: "1.106.12" }) });
    }
  }
  return store;
}

const brownout = (stack: string, lost: number, more: Partial<CellMeasures> = {}): Played => ({ stack, scenario: "brownout", lost, more });

test("leaguePage: means with intervals over clients and ranges over seeds, what is lost at, what was not played, and the configurations whole", () => {
  const page = leaguePage(storeOf([brownout("single", 0.3, { amplification: 1.1 }), brownout("litellm", 0.1, { amplification: 1.5 }), { stack: "hardened", scenario: "brownout", lost: 0, end: "failed" }]));
  expect(page).toContain("2026-11-29, at commit abc1234, a machine: `npm run league`.");
  expect(page).toContain("| `brownout` | 32 % (30.8 % to 33.2 %) [31 % to 33 %] | 12 % (10.8 % to 13.2 %) [11 % to 13 %] | - | - |");
  expect(page).toMatch(/^## What `single` loses at\n\n(?:.+\n)+\n- `brownout`, lost demand: 32 % against 12 % of `litellm`\.\n\n/m);
  expect(page).toMatch(/^- `hardened`: failed \(Because\.\): `brownout`$/m);
  expect(page).toContain("- `portkey`: not played yet: `provider-down`, `brownout`,");
  expect(page).toContain("### litellm: 1.106.12\n");
  expect(page).toContain("model_list:");
  expect(page).toContain('"strategy": { "mode": "fallback"');
});

test("leaguePage: a difference that the clients do not bear out is none, and recovery is shown where something was lost", () => {
  const near = leaguePage(storeOf([brownout("single", 0.112), brownout("litellm", 0.1), { stack: "single", scenario: "provider-down", lost: 0 }]));
  expect(near).toContain("Nothing that these runs can tell, against `litellm`.");
  const recovery = /^## Recovery\n(.+?)\n## /ms.exec(near)![1]!;
  expect(recovery).toContain("| `brownout` | 0 ms | 0 ms | - | - |");
  expect(recovery).toContain("| `provider-down` | - | - | - | - |");
});

test("leaguePage: the cost of good answers is compared where as much was answered, with who was paid, and not said of too few", () => {
  const money = (usd: number, good: number, fallback: number) => ({ ...moneyOf((usd * good) / 1_000, good, 0.000_001), deployments: [{ deployment: "primary", answers: 1_000 - fallback, usd: 0.02 }, { deployment: "fallback", answers: fallback, usd: 0.1 }] });
  const cells = [brownout("single", 0.1, { money: money(0.1, 900, 620) }), brownout("litellm", 0.1, { money: money(0.07, 900, 410), tokenWaste: 0.02 }), brownout("portkey", 0.9, { money: money(0.01, 500, 40) })];
  const page = leaguePage(storeOf([...cells, { stack: "single", scenario: "stream-cut", lost: 0.9, more: { money: moneyOf(0.01, 12) } }]));
  expect(page).toContain("| `brownout` | 0.1 USD (0.0994 USD to 0.101 USD) | 0.07 USD (0.0694 USD to 0.0706 USD) | 0.01 USD (0.00942 USD to 0.0106 USD) | - |");
  expect(page).toContain("| `stream-cut` | - (12 good answers) | - | - | - |");
  const paid = "`fallback`, the dearest, gave 62 % of the answers that were billed, against 41 %; of the tokens 0 % reached nobody, against 2 %.";
  expect(page.split("\n").filter((line) => line.includes(", cost of 1,000"))).toEqual([`- \`brownout\`, cost of 1,000 good answers: 0.1 USD against 0.07 USD of \`litellm\`. ${paid}`]);
});

test("headlineOf: who loses least, who cannot be told apart, who fails silently, and the hardened stack against the best", () => {
  const text = headlineOf(
    storeOf([
      brownout("single", 0.1),
      brownout("litellm", 0.3, { silentShare: 0.5 }),
      brownout("hardened", 0),
      ...["single", "litellm"].map((stack): Played => ({ stack, scenario: "provider-down", lost: 0 })),
      ...["single", "litellm", "hardened"].map((stack): Played => ({ stack, scenario: "latency-only", lost: stack === "litellm" ? 0.9 : 0.2 })),
      { stack: "single", scenario: "gateway-dead", lost: 1 },
    ]),
  );
  expect(text).toBe(
    "**Of 3 scenarios, least demand is lost by `single` in 2 (`brownout`, `latency-only`), by `single` and `litellm` in 1 (`provider-down`).** Those that are named together cannot be told apart there. " +
      "Bad answers were delivered as successes by `litellm` in 1 (`brownout`). Against the best of these, `hardened` loses less in 1 (`brownout`) and more in none.",
  );
  expect(headlineOf(storeOf([brownout("single", 0.1), brownout("litellm", 0.3)]))).toBe("**Of 1 scenario, least demand is lost by `single` in each.**");
  expect(headlineOf(storeOf([brownout("single", 0.3)]))).toContain("Nothing can be compared yet");
  expect(leaguePage(storeOf([brownout("single", 0.3)]))).toContain("No outside gateway was played, so nothing can be said.");
});

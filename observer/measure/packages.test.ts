import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { FaultSignature } from "../../kernel/fault.ts";
import { judge } from "./judge.ts";
import { HandMadeRun, playedAt } from "./testing.ts";

const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/metrics.md"), "utf8");
const section = page.slice(page.indexOf("## Packages")).split("\n## ")[0]!;
const example = section.split("\n").filter((line) => /^\| \d/.test(line)).map((line) => line.split("|").slice(2, -1).map((cell) => cell.trim()));

const signature: FaultSignature = { fates: [], effects: [], statuses: [], ends: [], causes: ["wrong"], wrong: ["wrong_provider"], unlogged: false, byPackage: true };
const push = faultOf({ id: "push", fromMs: 10_000, toMs: 20_000, signature, title: "A bad push" });

/** The run of the page. `names` replaces what an answer names. */
function verdictOf({ names = (named: string): string | undefined => named, faults = [push], packageReachMax = 1 } = {}) {
  const run = new HandMadeRun();
  for (const [region, , intended, named, became] of example) {
    const name = names(named!);
    run.good("red", Number(intended) * 1_000, { region: region!, ...(name !== undefined && { package: name }), ...(became === "wrong" && { claimedDeployment: "fallback" }) });
  }
  const arrivals = run.arrivals.map((arrival, index) => ({ ...arrival, client: example[index]![1]! }));
  const plan = run.plan({
    faults,
    cells: ["east", "west"].map((region) => ({ name: `red/chat/${region}`, team: "red", feature: "chat", region, route: "main", slo: { firstTokenMs: 1_000, totalMs: 4_000 } })),
    timeline: { steadyFromMs: 0, faultFromMs: 10_000, faultToMs: 20_000, endMs: 30_000 },
    expectations: [{ measure: "packageReach", atMost: packageReachMax }],
  });
  return judge(plan, run.records({ faults: faults.flatMap(({ id }) => playedAt(id, 10_000, 20_000)) }), { arrivals });
}

test("packagesOf: the example of docs/metrics.md: who was answered under which package, and how far the push reached", () => {
  const { measures, expectations, reasons } = verdictOf();
  expect(measures!.packages).toEqual({
    answering: [
      { package: "1@a", requests: 6, share: 0.6, clients: 2, firstMs: 2_000, lastMs: 19_000, regions: [{ region: "east", requests: 3, share: 3 / 7 }, { region: "west", requests: 3, share: 1 }] },
      { package: "2@b", requests: 3, share: 0.3, clients: 1, firstMs: 13_000, lastMs: 22_000, regions: [{ region: "east", requests: 3, share: 3 / 7 }, { region: "west", requests: 0, share: 0 }] },
      { package: "3@c", requests: 1, share: 0.1, clients: 1, firstMs: 25_000, lastMs: 25_000, regions: [{ region: "east", requests: 1, share: 1 / 7 }, { region: "west", requests: 0, share: 0 }] },
    ],
    pushed: [{ fault: "push", packages: ["2@b"], requests: 3, clients: 1, disguised: 1, demand: 6, share: [3 / 6, 4 / 6] }],
  });
  expect(expectations).toMatchObject([{ value: [3 / 6, 4 / 6], result: "held" }]);
  expect(reasons.join(" ")).toContain("1 answers name another package, or none, and are wrong as only the pushed one makes them: A bad push.");
});

test("packagesOf: a gateway that names the old package in every answer is found: the measure is a range up to the truth, and a limit inside it is unknown", () => {
  const { measures, expectations } = verdictOf({ names: () => "1@a", packageReachMax: 0.1 });
  expect(measures!.packages!.pushed).toEqual([{ fault: "push", packages: [], requests: 0, clients: 0, disguised: 3, demand: 6, share: [0, 0.5] }]);
  expect(expectations).toMatchObject([{ value: [0, 0.5], result: "unknown" }]);
});

test("packagesOf: an honest gateway on which nothing was pushed far: 0, and the limit holds", () => {
  const only = { ...push, signature: { ...signature, wrong: [] } };
  const { measures, expectations } = verdictOf({ names: () => "1@a", faults: [only], packageReachMax: 0 });
  expect(measures!.packages!.pushed).toMatchObject([{ packages: [], requests: 0, disguised: 0, share: [0, 0] }]);
  expect(expectations).toMatchObject([{ result: "held" }]);
});

test("packagesOf: what another fault in force may have made wrong is no evidence against a name", () => {
  const { byPackage: _, ...without } = signature;
  const sick = faultOf({ id: "sick", fromMs: 10_000, toMs: 20_000, signature: without });
  expect(verdictOf({ faults: [push, sick] }).measures!.packages!.pushed).toMatchObject([{ requests: 3, disguised: 0 }]);
});

test("packagesOf: no name, no measure; and none without a push", () => {
  const unnamed = verdictOf({ names: () => undefined });
  expect([unnamed.measures!.packages, unnamed.expectations[0]]).toEqual([null, { measure: "packageReach", atMost: 1, value: null, result: "unknown" }]);
  const outage = verdictOf({ faults: [faultOf({ id: "outage", fromMs: 10_000, toMs: 20_000 })] });
  expect([outage.measures!.packages!.pushed, outage.expectations[0]!.result]).toEqual([[], "unknown"]);
});

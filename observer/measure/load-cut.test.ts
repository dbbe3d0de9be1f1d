import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Metastability } from "../../kernel/metastable.ts";
import { judge } from "./judge.ts";
import { HandMadeRun, playedAt } from "./testing.ts";

const cut = { fromMs: 100_000, toMs: 115_000 };
const timeline = { steadyFromMs: 0, faultFromMs: 20_000, faultToMs: 30_000, endMs: 130_000, cut };

/** Ten requests a second but for the cut; all of them fail where `isDown`. */
function judged(isDown: (atMs: number) => boolean) {
  const run = new HandMadeRun();
  const ask = (atMs: number) => (isDown(atMs) ? run.failed("red", atMs) : run.good("red", atMs));
  run.every(100, 0, 100_000, ask).every(100, 115_000, 130_000, ask);
  const faults = [faultOf({ id: "outage", toMs: 30_000 })];
  return judge(run.plan({ timeline, faults }), run.records({ faults: playedAt(faults[0]!.id, 20_000, 30_000) }), { arrivals: run.arrivals });
}

test.each<[Metastability["state"], string, (atMs: number) => boolean]>([
  ["proven", "not_recovered", (atMs) => atMs >= 20_000 && atMs < 100_000],
  ["recovered", "held", (atMs) => atMs >= 20_000 && atMs < 30_000],
  ["not_proven", "not_recovered", (atMs) => atMs >= 20_000],
])("metastabilityOf: %s, and the verdict of what came before the cut is %s", (state, verdict, isDown) => {
  const found = judged(isDown);
  expect(found).toMatchObject({ verdict, books: { balanced: true, offered: 1_000 }, metastable: { state, controlShare: 1, restored: { requests: 150, good: state === "not_proven" ? 0 : 150 } } });
  expect(found.reasons.at(-1)).toMatch({ proven: /^Metastable: /, recovered: /^Not metastable: /, not_proven: /^Not proven metastable: / }[state as "proven"]);
});

test("metastabilityOf: what is offered after the cut is in no measure", () => {
  const after = judged((atMs) => atMs >= 115_000);
  expect(after.verdict).toBe("held");
  expect(after.measures).toMatchObject({ badShare: 0, blastRadius: { share: 0 } });
});

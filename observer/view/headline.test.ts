import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import type { Plan } from "../../kernel/plan.ts";
import { formatValue } from "../measure/format.ts";
import { examine } from "../measure/judge.ts";
import { HandMadeRun, playedAt } from "../measure/testing.ts";
import { headlineOf } from "./headline.ts";

function headline(run: HandMadeRun, plan: Partial<Plan> = {}): string {
  const planned = run.plan({ faults: [faultOf({ id: "ill" })], ...plan });
  const { verdict } = examine(planned, run.records({ faults: playedAt("ill") }));
  return headlineOf(planned, verdict).map(formatValue).join("");
}

const failing = new HandMadeRun();
failing.every(250, 0, 100_001, (atMs) => (atMs >= 20_000 && atMs < 60_000 ? failing.failed("red", atMs) : failing.good("red", atMs)));
failing.every(250, 0, 100_001, (atMs) => failing.good("blue", atMs, atMs === 30_000 ? { claimedDeployment: "fallback" } : {}));

test("headlineOf: says what was expected, what was lost, whom it hit and what was silent", () => {
  expect(headline(failing, { expectations: [{ measure: "blastRadius", atMost: 0.1 }] })).toBe(
    "The system did not hold what was expected of it. While faults were in force, users made 320 requests. Because of them 161 more failed than would have, by then and after: " +
      "50.3 % of that demand, as much as a total outage of 20.1 s. It hit 1 of 2 groups of users. Of the bad answers, 0.62 % were silent: they looked like successes.",
  );
});

test("headlineOf: a run that lost nothing says so", () => {
  const well = new HandMadeRun();
  well.every(250, 0, 100_001, (atMs) => well.good("red", atMs));
  expect(headline(well)).toContain("While faults were in force, users lost nothing of 160 requests. No group of users was hit beyond its SLO.");
});

test("headlineOf: a run without a result gives the reason first", () => {
  expect(headline(new HandMadeRun(), { arrivalCount: 10 })).toBe(
    "This run has no result: its evidence does not decide what was expected. No request was offered before the faults: nothing shows a steady state.",
  );
});

import { expect, test } from "vitest";
import type { PlannedAction } from "../../kernel/action.ts";
import { viewOf } from "../view/view-of.ts";
import { withHandSteps } from "./hand-steps.ts";
import { examine } from "./judge.ts";
import { HandMadeRun } from "./testing.ts";

const step = (changes: Partial<PlannedAction> = {}): PlannedAction => ({
  id: "hand-step-1",
  kind: "break_glass",
  title: "By hand: break-glass on for team red, 5 min, by ann: the gateway is dead",
  atMs: 30_000,
  lacking: null,
  settings: { turn: "on", team: "red", routes: { main: "primary" } },
  ...changes,
});
const done = { action: "hand-step-1", outcome: "done", plannedMs: 30_000, begunMs: 30_000, atMs: 31_000, detail: "" } as const;

test("examine: a step of a person is judged like one of the plan, and the report shows it with its words", () => {
  const made = new HandMadeRun();
  made.every(250, 0, 100_000, (atMs) => made.good("red", atMs, atMs >= 32_000 ? { bypass: "openai" } : {}));
  const plan = made.plan();
  const records = made.records({ faults: [], actions: [done], hand: [{ step: step() }] });
  const byHand = examine(plan, records, { arrivals: made.arrivals });
  const byPlan = examine({ ...plan, actions: [step()] }, { ...records, hand: [] }, { arrivals: made.arrivals });
  expect(byHand.verdict).toEqual(byPlan.verdict);
  expect(byHand.verdict.bypassed).toMatchObject([{ team: "red", fromMs: 30_000, toMs: null, restoredMs: 2_500, requests: 272 }]);
  const { verdict, ...judged } = byHand;
  const view = viewOf({ plan, verdict, evidence: { records, ...judged } });
  expect(view.marks).toContainEqual({ kind: "action", label: step().title, fromMs: 30_000, toMs: 30_000 });
  expect(view.tables.find(({ name }) => name === "actions")?.rows).toMatchObject([[step().title, "30 s", "done at 31 s", { range: [1_000, 1_000] }]]);
});

test.each<[string, Partial<PlannedAction>]>([
  ["in the steady state", { atMs: 19_999 }],
  ["beyond the run's end", { atMs: 100_001 }],
  ["of a team that the plan does not have", { settings: { turn: "on", team: "nobody", routes: {} } }],
  ["to a deployment that the plan does not have", { settings: { turn: "on", team: "red", routes: { main: "nowhere" } } }],
  ["under another name", { id: "break-glass-on-red" }],
  ["that the stack lacks", { lacking: "the stack has no bypass" }],
])("withHandSteps: a step %s is not taken, and its record makes the run unknown", (_what, changes) => {
  const made = new HandMadeRun();
  made.every(250, 0, 100_000, (atMs) => made.good("red", atMs));
  const plan = made.plan();
  const hand = [{ step: step(changes) }];
  expect(withHandSteps(plan, { hand })).toBe(plan);
  const { verdict } = examine(plan, made.records({ actions: [done], hand }), { arrivals: made.arrivals });
  expect(verdict).toMatchObject({ verdict: "unknown", reasons: expect.arrayContaining([expect.stringContaining("Step hand-step-1 was taken, and the plan has none of that name")]) as string[] });
});

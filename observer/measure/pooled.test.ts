import { expect, test } from "vitest";
import { classify } from "./classify.ts";
import { knowledgeOf } from "./knowledge.ts";
import { pooledFor } from "./pooled.ts";
import { HandMadeRun, planOf } from "./testing.ts";

const plan = planOf();
const { measure } = plan;

function pooledOf(everyMs: number) {
  const run = new HandMadeRun();
  run.every(everyMs, 20_000, 100_000, (atMs) => run.good("red", atMs));
  const knowledge = knowledgeOf(plan, run.records());
  return pooledFor(plan, run.client.map((record) => classify(record, knowledge))).measure;
}

test("pooledFor: a cell that sends enough in every window keeps the plan's", () => {
  expect(pooledOf(500)).toEqual(measure);
});

test("pooledFor: windows last, in whole seconds, as long as 20 requests take on average, and the short one keeps its part of the long one", () => {
  /** 80 of them in 80 s: 20 take 20 s; the alarm's 12 s become 20 s, its 2 s a sixth of that. */
  expect(pooledOf(1_000)).toMatchObject({ windowMs: 20_000, recovery: { holdMs: 30_000 }, burnRate: { longMs: 20_000, shortMs: 20_000 / 6 } });
  /** 32 in 80 s: 20 take 50 s, longer than a recovery must hold. */
  expect(pooledOf(2_500)).toMatchObject({ windowMs: 50_000, recovery: { holdMs: 50_000 }, burnRate: { longMs: 50_000 } });
});

test("pooledFor: a cell without a request has windows as long as if it sent one", () => {
  expect(pooledOf(Infinity).windowMs).toBe(1_600_000);
});

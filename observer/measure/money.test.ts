import { expect, test } from "vitest";
import { faultOf } from "../../kernel/fault.fixture.ts";
import { billOf } from "./bill.ts";
import { judge } from "./judge.ts";
import { HandMadeRun, fallback, outsider, playedAt, primary } from "./testing.ts";

const price = { input: 10, cachedInput: 1, output: 100 };
const deployments = [{ ...primary, price }, fallback, outsider];

/** Reads 1,000 tokens and generates 500. */
const attempt = (() => {
  const run = new HandMadeRun();
  run.attempt({ answerId: "a", inputTokens: 1_000, tokensGenerated: 500 });
  return run.wire[0]!;
})();

test("billOf: input and all that was generated, in billionths of a dollar; nothing where no answer was begun, null without a price", () => {
  const bill = billOf({ deployments });
  expect(bill(attempt)).toBe(60_000_000);
  expect(bill({ ...attempt, cachedTokens: 400 })).toBe(56_400_000);
  expect(bill({ ...attempt, answerId: null, tokensGenerated: 0 })).toBe(0);
  expect(bill({ ...attempt, deployment: "fallback" })).toBeNull();
});

/** Before the faults ten requests, each of 0.00085 dollars; during them ten with two attempts each. */
function twiceTheWork(): HandMadeRun {
  const run = new HandMadeRun();
  run.every(1_000, 10_000, 20_000, (atMs) => run.good("red", atMs));
  run.every(1_000, 30_000, 40_000, (atMs) => {
    const { requestId } = run.good("red", atMs);
    run.attempt({ requestId, arrivedMs: atMs, answerId: `${requestId} again`, ordinal: 1 });
  });
  return run;
}

const faults = [faultOf({ id: "f" })];
const moneyIn = (run: HandMadeRun, plan: object, paired?: HandMadeRun) =>
  judge(run.plan({ faults, deployments, ...plan }), run.records({ faults: playedAt("f") }), { arrivals: run.arrivals, ...(paired && { paired: paired.records() }) }).measures!.money;

test("moneyOf: what the exposure's requests were billed, beside as many of the steady state", () => {
  expect(moneyIn(twiceTheWork(), {})).toEqual({ billedUsd: 0.017, controlUsd: 0.0085, differenceUsd: 0.0085, unpricedAttempts: 0 });
});

test("moneyOf: under a paired control, beside the same requests of the other run", () => {
  const paired = new HandMadeRun();
  paired.every(1_000, 10_000, 20_000, (atMs) => paired.good("red", atMs));
  paired.every(1_000, 30_000, 40_000, (atMs) => paired.good("red", atMs));
  paired.wire.pop();
  const plan = { measure: { ...paired.plan().measure, control: "paired" as const } };
  const money = moneyIn(twiceTheWork(), plan, paired)!;
  expect(money.controlUsd).toBe(0.00765);
  expect(money.differenceUsd).toBeCloseTo(0.00935, 12);
});

test("moneyOf: attempts without a price are counted beside, and a plan without any has no money", () => {
  const run = twiceTheWork();
  run.good("red", 41_000, { deployment: fallback });
  expect(moneyIn(run, {})).toMatchObject({ billedUsd: 0.017, unpricedAttempts: 1 });
  expect(moneyIn(run, { deployments: [primary, fallback, outsider] })).toBeNull();
});

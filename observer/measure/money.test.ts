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
  expect(moneyIn(twiceTheWork(), {})).toMatchObject({ billedUsd: 0.017, controlUsd: 0.0085, differenceUsd: 0.0085, unpricedAttempts: 0 });
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
  expect(moneyIn(run, {})).toMatchObject({ billedUsd: 0.017, unpricedAttempts: 1, perGoodAnswer: null });
  expect(moneyIn(run, { deployments: [primary, fallback, outsider] })).toBeNull();
});

test("moneyOf: a good answer costs all that was billed, lost answers and second legs too, and each deployment's part of it is named", () => {
  const run = twiceTheWork();
  run.every(1_000, 40_000, 45_000, (atMs) => {
    const { requestId } = run.failed("red", atMs);
    run.attempt({ requestId, arrivedMs: atMs, answerId: `${requestId} lost`, deployment: "fallback" });
  });
  const money = moneyIn(run, { deployments: [primary, fallback, outsider].map((one) => ({ ...one, price })) })!;
  const [ofPrimary, ofFallback, ofOutsider] = money.deployments;
  expect([ofPrimary, ofOutsider]).toEqual([{ deployment: "primary", answers: 20, usd: 0.017 }, { deployment: "outsider", answers: 0, usd: 0 }]);
  expect(ofFallback).toMatchObject({ deployment: "fallback", answers: 5 });
  expect(money).toMatchObject({ goodAnswers: 10, perGoodAnswer: { usd: money.billedUsd / 10, interval: null } });
  expect(money.billedUsd).toBeCloseTo(0.017 + ofFallback!.usd, 12);
});

test("moneyOf: the interval of a good answer leaves out one client at a time, as that of lost demand does; computed by hand", () => {
  const run = new HandMadeRun();
  run.every(1_000, 10_000, 20_000, (atMs) => run.good("red", atMs));
  // Ten clients with a good answer each. The first one's took a second leg.
  const ids = Array.from({ length: 10 }, (_, index) => run.good("red", 30_000 + index).requestId);
  run.attempt({ requestId: ids[0]!, arrivedMs: 30_000, answerId: "again", ordinal: 1 });
  const [one, two] = [0.00085, 0.0017];
  const of = (clients: number) => {
    const arrivals = run.arrivals.map((arrival, index) => ({ ...arrival, client: `c${index % clients}` }));
    return judge(run.plan({ faults, deployments }), run.records({ faults: playedAt("f") }), { arrivals }).measures!.money!.perGoodAnswer!;
  };
  const middle = (9 * one + two) / 10;
  // Without the first, each costs `one`; without another, (8 one + two) / 9. Student's t for 9 degrees of freedom.
  const without = [one, ...Array<number>(9).fill((8 * one + two) / 9)];
  const mean = without.reduce((sum, value) => sum + value, 0) / 10;
  const half = 2.2622 * Math.sqrt(0.9 * without.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  expect(of(10)).toEqual({ usd: expect.closeTo(middle, 12), interval: [expect.closeTo(middle - half, 7), expect.closeTo(middle + half, 7)] });
  expect(of(9).interval).toBeNull();
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultPolicy, type PolicyConfig } from "../config.ts";
import { hasRoom, initialConcurrency, isCalm, occupySlot, recordFirstToken, releaseSlot, type Concurrency } from "./concurrency.ts";
import { decide, initialPolicy, observe, type PolicyView } from "./policy.ts";

const settings = { initial: 4, min: 1, max: 8 };
const full = (limit: number): Concurrency => ({ limit, waiting: Math.floor(limit), heldUntilMs: 0, hasAnswered: true, calmMs: null, recentMs: null });
/** An attempt that ends before its first content token, or is answered whole. */
const end = (failure: Parameters<typeof releaseSlot>[2]["failure"], nowMs = 0) => ({ failure, nowMs, answered: false });

test("concurrency: it grows by one for each limit's worth of successes while it is used, and not while it is idle", () => {
  let state = full(4);
  for (let index = 0; index < 4; index++) state = occupySlot(releaseSlot(state, settings, end(null)));
  expect(state.limit).toBeGreaterThan(4.9);
  expect(state.limit).toBeLessThanOrEqual(5);
  const idle = releaseSlot({ ...full(4), waiting: 1 }, settings, end(null));
  expect(idle.limit).toBe(4);
});

test("concurrency: signs of overload lower it once a second, other failures do not", () => {
  const lower = releaseSlot(full(8), settings, end("rate_limited", 100));
  expect(lower.limit).toBeCloseTo(5.6);
  const answered = releaseSlot({ ...lower, waiting: 1 }, settings, end(null, 500));
  expect(releaseSlot(answered, settings, end("overloaded", 1_099)).limit).toBeCloseTo(5.6);
  expect(releaseSlot(answered, settings, end("overloaded", 1_100)).limit).toBeCloseTo(3.92);
  for (const failure of ["reset", "bad_request", "cancelled"] as const) expect(releaseSlot(full(8), settings, end(failure)).limit).toBe(8);
});

test("concurrency: a deployment that answers nothing lowers the limit once: it is down, and not overloaded", () => {
  const down = Array.from({ length: 50 }).reduce<Concurrency>((state, _, index) => releaseSlot(occupySlot(state), settings, end("overloaded", index * 1_000)), full(8));
  expect(down.limit).toBeCloseTo(5.6);
});

test("concurrency: the limit stays within its bounds, and what waits is what has begun and was neither answered nor ended: law", () => {
  const step = fc.constantFrom("enter", "first token", null, "overloaded", "reset", "cancelled");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      let state = initialConcurrency(settings);
      let open = 0;
      steps.forEach((each, index) => {
        if (each === "enter") {
          if (!hasRoom(state)) return;
          state = occupySlot(state);
          open++;
        } else if (open > 0) {
          const moment = { nowMs: index * 100, latencyMs: 100 + ((index * 37) % 900), sentCalm: isCalm(state, settings) };
          state = each === "first token" ? recordFirstToken(state, settings, moment) : releaseSlot(state, settings, end(each, moment.nowMs));
          open--;
        }
        if (each === "first token") expect(releaseSlot(state, settings, { failure: null, nowMs: index * 100, answered: true })).toBe(state);
        expect(state.waiting).toBe(open);
        expect(state.limit).toBeGreaterThanOrEqual(settings.min);
        expect(state.limit).toBeLessThanOrEqual(settings.max);
      });
    }),
  );
});

const limits = { initial: 40, min: 4, max: 200 };
/** A deployment that answers in `latencyMs` while so many wait, so many times. */
function answeredIn(latencyMs: number, waiting: (limit: number) => number, times: number, state: Concurrency): Concurrency {
  return Array.from({ length: times }).reduce<Concurrency>((before) => {
    const now = { ...before, waiting: waiting(before.limit) };
    return recordFirstToken(now, limits, { latencyMs, sentCalm: isCalm(now, limits) });
  }, state);
}
const few = () => 3;
const all = (limit: number) => Math.floor(limit);

test("recordFirstToken: first tokens that take over twice as long as in calm times lower the limit, and others raise it", () => {
  const calm = answeredIn(500, few, 50, full(40));
  expect(calm).toMatchObject({ limit: 40, calmMs: 500 });
  expect(answeredIn(900, all, 50, calm).limit).toBeGreaterThan(50);
  expect(answeredIn(2_500, all, 20, calm).limit).toBeLessThan(35);
});

test("recordFirstToken: what is slow under load is not learned as normal, until no less can be sent", () => {
  const calm = answeredIn(500, few, 50, full(40));
  const queued = answeredIn(2_500, all, 100, calm);
  expect(queued.calmMs).toBe(500);
  expect(queued.limit).toBeLessThan(12);
  expect(answeredIn(2_500, all, 1_000, { ...queued, limit: 4 }).limit).toBeGreaterThan(20);
});

test("recordFirstToken: without a measurement of calm times, latency changes no limit", () => {
  expect(answeredIn(5_000, all, 100, full(40)).limit).toBe(40);
});

const policy: PolicyConfig = { ...defaultPolicy, concurrency: { initial: 1, min: 1, max: 10 } };
const view: PolicyView = { nowMs: 0, draw: 0, settings: policy, route: ["primary", "backup"], deadlineMs: 60_000, tried: [], waitedFor: null };

test("decide: a full deployment is passed over, with all full the request is refused, and room comes back with what ends", () => {
  const [first, one] = decide(initialPolicy(policy), view);
  const [second, two] = decide(one, view);
  expect([first, second]).toMatchObject([{ ticket: { deployment: "primary" } }, { ticket: { deployment: "backup" }, reason: "passed_over" }]);
  /** What is never sent earns nothing towards retries. */
  expect(decide(two, view)).toEqual([{ kind: "stop", reason: "full" }, two]);
  const ticket = { deployment: "primary", generation: 0, probe: false };
  const freed = observe(two, { nowMs: 10, settings: policy, ticket, failure: null, retryAfterMs: null });
  expect(decide(freed, view)[0]).toMatchObject({ ticket: { deployment: "primary" } });
});

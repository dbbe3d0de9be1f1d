import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultPolicy, type PolicyConfig } from "../config.ts";
import { occupySlot, releaseSlot, hasRoom, initialConcurrency, type Concurrency } from "./concurrency.ts";
import { decide, initialPolicy, observe, type PolicyView } from "./policy.ts";

const settings = { initial: 4, min: 1, max: 8 };
const full = (limit: number): Concurrency => ({ limit, inFlight: Math.floor(limit), heldUntilMs: 0 });

test("concurrency: it grows by one for each limit's worth of successes while it is used, and not while it is idle", () => {
  let state = full(4);
  for (let index = 0; index < 4; index++) state = occupySlot(releaseSlot(state, settings, { failure: null, nowMs: 0 }));
  expect(state.limit).toBeGreaterThan(4.9);
  expect(state.limit).toBeLessThanOrEqual(5);
  const idle = releaseSlot({ limit: 4, inFlight: 1, heldUntilMs: 0 }, settings, { failure: null, nowMs: 0 });
  expect(idle.limit).toBe(4);
});

test("concurrency: signs of overload lower it once a second, other failures do not", () => {
  const lower = releaseSlot(full(8), settings, { failure: "rate_limited", nowMs: 100 });
  expect(lower.limit).toBeCloseTo(5.6);
  expect(releaseSlot(lower, settings, { failure: "overloaded", nowMs: 1_099 }).limit).toBeCloseTo(5.6);
  expect(releaseSlot(lower, settings, { failure: "overloaded", nowMs: 1_100 }).limit).toBeCloseTo(3.92);
  for (const failure of ["reset", "bad_request", "cancelled"] as const) expect(releaseSlot(full(8), settings, { failure, nowMs: 0 }).limit).toBe(8);
});

test("concurrency: the limit stays within its bounds, and what is under way is what occupySlot and has not left: law", () => {
  const step = fc.constantFrom("enter", null, "overloaded", "reset", "cancelled");
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
          state = releaseSlot(state, settings, { failure: each as "overloaded", nowMs: index * 100 });
          open--;
        }
        expect(state.inFlight).toBe(open);
        expect(state.limit).toBeGreaterThanOrEqual(settings.min);
        expect(state.limit).toBeLessThanOrEqual(settings.max);
      });
    }),
  );
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

import fc from "fast-check";
import { expect, test } from "vitest";
import type { FailureKind } from "../../../kernel/outcome.ts";
import { defaultPolicy } from "../config.ts";
import { isGood, isKnownBad } from "./availability.ts";
import { failureClasses } from "./failures.ts";
import { recordSuccess } from "./health.ts";
import { decide, initialPolicy, observe, type PolicyState, type PolicyView, type Tried } from "./policy.ts";
import { withIsolation } from "./policy-state.ts";

const failureKinds = Object.keys(failureClasses) as FailureKind[];
const route = ["primary", "backup", "third"];
const providers = { primary: "one", backup: "one", third: "other" };

/** One request: when it comes after the one before, and how its attempts end, in order. The last one repeats. */
interface Request {
  readonly afterMs: number;
  readonly ends: readonly (FailureKind | null)[];
  readonly retryAfterMs: number | null;
}

const end = fc.oneof({ weight: 3, arbitrary: fc.constantFrom<FailureKind>("overloaded", "server_error", "refused", "rate_limited") }, { weight: 1, arbitrary: fc.constantFrom(...failureKinds, null) });
const requestParts = {
  afterMs: fc.integer({ min: 0, max: 8_000 }),
  ends: fc.array(end, { minLength: 1, maxLength: 5 }),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { freq: 1 }),
};
const request: fc.Arbitrary<Request> = fc.record(requestParts);
const failing: fc.Arbitrary<Request> = fc.record({ ...requestParts, afterMs: fc.nat({ max: 200 }), ends: fc.array(fc.constantFrom<FailureKind>("overloaded", "server_error", "rate_limited"), { minLength: 1 }), retryAfterMs: fc.constant(null) });

interface Step {
  readonly before: PolicyState;
  readonly view: PolicyView;
  readonly decision: ReturnType<typeof decide>[0];
}

/** Plays requests one after the other, and returns every decision with what it was made of. */
function play(requests: readonly Request[], from: PolicyState): { steps: readonly Step[]; lastMs: number } {
  const steps: Step[] = [];
  let [state, nowMs] = [from, 0];
  for (const { afterMs, ends, retryAfterMs } of requests) {
    nowMs += afterMs;
    const tried: Tried[] = [];
    let waitedFor: string | null = null;
    const deadlineMs = nowMs + 60_000;
    for (;;) {
      const view: PolicyView = { nowMs, draw: 0.5, settings: defaultPolicy, providers, route, deadlineMs, tried: [...tried], waitedFor };
      const [decision, next] = decide(state, view);
      steps.push({ before: state, view, decision });
      [state, waitedFor] = [next, null];
      if (decision.kind === "stop") break;
      if (decision.kind === "wait") {
        nowMs += decision.delayMs;
        waitedFor = decision.deployment;
        continue;
      }
      const failure = ends[Math.min(tried.length, ends.length - 1)]!;
      state = observe(state, { nowMs, settings: defaultPolicy, providers, ticket: decision.ticket, failure, retryAfterMs: failure === null ? null : retryAfterMs, startedMs: nowMs });
      if (failure === null) break;
      tried.push({ deployment: decision.ticket.deployment, failure, retryAfterMs });
    }
  }
  return { steps, lastMs: nowMs };
}

const initial = initialPolicy(defaultPolicy);
/** All have succeeded just now, and all breakers are open. */
const justDied: PolicyState = {
  ...initial,
  breakers: Object.fromEntries(route.map((deployment) => [deployment, { kind: "open", generation: 1, untilMs: 1e9, reason: "" } as const])),
  health: route.reduce((book, deployment) => recordSuccess(book, { deployment, provider: deployment }, 0), initial.health),
};
const requests = fc.array(request, { minLength: 1, maxLength: 60 });
const isSend = (step: Step): step is Step & { decision: { kind: "send" } } => step.decision.kind === "send";

test("failover: no budget ever keeps a request from a deployment of which nothing bad is known: law", () => {
  fc.assert(
    fc.property(requests, (list) => {
      for (const { before, view, decision } of play(list, { ...initial, budget: { tokens: 0 } }).steps) {
        if (decision.kind !== "stop" || (decision.reason !== "budget" && decision.reason !== "nowhere_left")) continue;
        const untried = route.filter((deployment) => !view.tried.some((tried) => tried.deployment === deployment));
        const tooLong = view.tried.some(({ failure }) => failure === "context_length");
        if (!tooLong) expect(untried.filter((deployment) => isGood(before, view, deployment))).toEqual([]);
      }
    }),
  );
});

test("failover: second and later attempts at what is known to be bad are paid: at most ten, one a second and a twentieth of the requests: law", () => {
  fc.assert(
    fc.property(fc.array(failing, { minLength: 30, maxLength: 60 }), (list) => {
      const { steps, lastMs } = play(list, justDied);
      const paid = steps.filter(isSend).filter(({ before, view, decision: { ticket, reason } }) => view.tried.length > 0 && reason !== "retry" && isKnownBad(before, view, ticket.deployment));
      expect(paid.every(({ decision }) => decision.reason === "last_resort")).toBe(true);
      expect(paid.length).toBeLessThanOrEqual(10 + lastMs / 1_000 + list.length / 20 + 1e-6);
    }),
  );
});

test("failover: an isolated deployment is never asked, and the others are as if it were not there: law", () => {
  fc.assert(
    fc.property(requests, fc.subarray(route), (list, isolated) => {
      const from = isolated.reduce((state, deployment) => withIsolation(state, deployment, true), initial);
      const { steps } = play(list, from);
      for (const { decision } of steps.filter(isSend)) expect(isolated).not.toContain(decision.ticket.deployment);
      const firsts = steps.filter(({ view }) => view.tried.length === 0);
      if (isolated.length < route.length) expect(firsts.every(isSend)).toBe(true);
      else expect(firsts.every(({ decision }) => decision.kind === "stop" && decision.reason === "isolated")).toBe(true);
    }),
  );
});

test("failover: a deployment that is known to be bad is asked as a last resort at most every 5 s once nothing has succeeded for 30 s: law", () => {
  const dead = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 20, maxLength: 80 });
  fc.assert(
    fc.property(dead, (gapsMs) => {
      const { steps } = play(gapsMs.map((afterMs) => ({ afterMs, ends: ["overloaded"], retryAfterMs: null })), initial);
      for (const deployment of route) {
        const asked = steps.filter(isSend).filter(({ decision }) => decision.ticket.deployment === deployment);
        asked.forEach(({ view, decision }, index) => {
          const before = asked[index - 1];
          if (decision.reason === "last_resort" && before !== undefined) expect(view.nowMs - before.view.nowMs).toBeGreaterThanOrEqual(5_000);
        });
      }
    }),
  );
});

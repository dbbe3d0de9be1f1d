import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultPolicy, type PolicyConfig } from "../config.ts";
import { fullJitterMs } from "./backoff.ts";
import { type Budget, earn, fullBudget, spend, spendSpare } from "./budget.ts";
import { failureClasses, isAboutRequest, isCallerFault } from "./failures.ts";
import { decide, initialPolicy, observe, type PolicyState, type PolicyView, type Tried } from "./policy.ts";
import type { FailureKind } from "../../../kernel/outcome.ts";

const failureKinds = Object.keys(failureClasses) as FailureKind[];

const viewOf = (overrides: Partial<PolicyView> = {}): PolicyView => ({
  nowMs: 0,
  draw: 0.5,
  settings: defaultPolicy,
  route: ["primary", "backup"],
  deadlineMs: 60_000,
  tried: [],
  waitedFor: null,
  ...overrides,
});

const failed = (failure: FailureKind, deployment = "primary", retryAfterMs: number | null = null): Tried => ({ deployment, failure, retryAfterMs });
const state = initialPolicy(defaultPolicy);

test("failureClasses: the caller's faults are sent once, never counted against a deployment, and answered with 400", () => {
  for (const kind of failureKinds.filter(isCallerFault)) {
    expect(failureClasses[kind]).toMatchObject({ here: "never", elsewhere: false, breaker: false, status: 400 });
    expect(decide(state, viewOf({ tried: [failed(kind)] }))[0]).toEqual({ kind: "stop", reason: "not_retryable" });
  }
});

test("failureClasses: every fault of a provider may be made good elsewhere and is counted", () => {
  for (const kind of failureKinds.filter((each) => !isAboutRequest(each) && each !== "total_timeout")) {
    expect(failureClasses[kind]).toMatchObject({ elsewhere: true, breaker: true });
    expect([429, 502, 503, 504]).toContain(failureClasses[kind].status);
  }
});

test.each(failureKinds)("decide: after %s the next step is what the table says", (kind) => {
  const { here, elsewhere } = failureClasses[kind];
  const [withBackup] = decide(state, viewOf({ tried: [failed(kind)] }));
  const [alone] = decide(state, viewOf({ route: ["primary"], tried: [failed(kind)] }));
  expect(withBackup.kind).toBe(here === "first" ? "wait" : elsewhere ? "send" : "stop");
  expect(alone.kind).toBe(here === "never" ? "stop" : "wait");
});

test("decide: a retry in place waits full jitter, then goes to the deployment it waited for", () => {
  const [wait, paid] = decide(state, viewOf({ tried: [failed("server_error")], draw: 0.25 }));
  expect(wait).toEqual({ kind: "wait", deployment: "primary", delayMs: 25 });
  expect(paid.budget.tokens).toBe(state.budget.tokens - 1);
  const [send, after] = decide(paid, viewOf({ tried: [failed("server_error")], waitedFor: "primary" }));
  expect(send).toMatchObject({ kind: "send", reason: "retry", ticket: { deployment: "primary" } });
  expect(after.budget).toEqual(paid.budget);
});

test("decide: a deployment that asks not to be sent the request again is not, and another one is asked", () => {
  const forbidding = { ...failed("rate_limited", "primary", 1_000), forbidsRetry: true };
  expect(decide(state, viewOf({ tried: [forbidding] }))[0]).toMatchObject({ kind: "send", reason: "failover", ticket: { deployment: "backup" } });
  expect(decide(state, viewOf({ route: ["primary"], tried: [forbidding] }))[0]).toEqual({ kind: "stop", reason: "nowhere_left" });
});

test("decide: a deployment is asked at most attemptsPerDeploymentMax times, a request at most attemptsMax", () => {
  expect(decide(state, viewOf({ tried: [failed("reset"), failed("reset")] }))[0]).toMatchObject({ kind: "send", reason: "failover" });
  const four = [failed("reset"), failed("reset"), failed("reset", "backup"), failed("reset", "backup")];
  expect(decide(state, viewOf({ route: ["primary", "backup", "third"], tried: four }))[0]).toEqual({ kind: "stop", reason: "attempts" });
  expect(decide(state, viewOf({ tried: four.slice(0, 3) }))[0]).toMatchObject({ kind: "wait", deployment: "backup" });
});

test("decide: the last attempt goes to a deployment of which nothing bad is known, however few attempts the ones before left", () => {
  const route = ["primary", "backup", "third"];
  const refused = [failed("rate_limited"), failed("rate_limited"), failed("rate_limited", "backup")];
  expect(decide(state, viewOf({ route, tried: refused.slice(0, 1) }))[0]).toMatchObject({ kind: "wait", deployment: "primary" });
  expect(decide(state, viewOf({ route, tried: refused }))[0]).toMatchObject({ kind: "send", ticket: { deployment: "third" }, reason: "failover" });
  expect(decide(state, viewOf({ tried: refused }))[0]).toMatchObject({ kind: "wait", deployment: "backup" });
});

test("decide: without a token there is no retry in place, and neither a first attempt nor a failover is refused", () => {
  const empty: PolicyState = { ...state, budget: { tokens: 0 } };
  expect(decide(empty, viewOf({ route: ["primary"], tried: [failed("overloaded")] }))[0]).toEqual({ kind: "stop", reason: "budget" });
  expect(decide(empty, viewOf({ tried: [failed("server_error")] }))[0]).toMatchObject({ kind: "send", reason: "failover" });
  expect(decide(empty, viewOf())[0]).toMatchObject({ kind: "send", reason: "first" });
});

test("decide: without a breaker nothing is known of any deployment, and a failover costs what a retry does", () => {
  const view = viewOf({ settings: { ...defaultPolicy, breaker: null }, tried: [failed("overloaded")] });
  expect(decide(state, view)[1].budget.tokens).toBe(state.budget.tokens - 1);
  expect(decide({ ...state, budget: { tokens: 0 } }, view)[0]).toEqual({ kind: "stop", reason: "budget" });
});

test("decide: Retry-After up to the price of a failover is waited out here, longer goes elsewhere, and no other request is sent there meanwhile", () => {
  const short = decide(state, viewOf({ tried: [failed("rate_limited", "primary", 2_000)] }))[0];
  expect(short).toMatchObject({ kind: "wait", deployment: "primary" });
  expect(short.kind === "wait" && short.delayMs).toBeGreaterThanOrEqual(2_000);
  expect(decide(state, viewOf({ tried: [failed("rate_limited", "primary", 2_001)] }))[0]).toMatchObject({ kind: "send", reason: "failover" });
  const ticket = { deployment: "primary", generation: 0, probe: false };
  const benched = observe(state, { nowMs: 0, settings: defaultPolicy, ticket, failure: "rate_limited", retryAfterMs: 2_001 });
  expect(decide(benched, viewOf({ nowMs: 2_000 }))[0]).toMatchObject({ reason: "passed_over", ticket: { deployment: "backup" } });
  expect(decide(benched, viewOf({ nowMs: 2_001 }))[0]).toMatchObject({ reason: "first", ticket: { deployment: "primary" } });
});

test("observe: a caller's fault benches no deployment, whatever its Retry-After", () => {
  const ticket = { deployment: "primary", generation: 0, probe: false };
  const benchedAfter = (failure: FailureKind) => observe(state, { nowMs: 0, settings: defaultPolicy, ticket, failure, retryAfterMs: 60_000 }).benchedUntilMs;
  for (const kind of failureKinds.filter(isCallerFault)) expect(benchedAfter(kind)).toEqual({});
  expect(benchedAfter("overloaded")).toEqual({ primary: 60_000 });
});

test("decide: a prompt that is too long goes to a deployment that says it holds more, and to no other", () => {
  const tooLong = { route: ["primary", "backup", "large"], tried: [failed("context_length")] };
  const contextTokens = { primary: 8_000, backup: 8_000, large: 200_000 };
  expect(decide(state, viewOf({ ...tooLong, contextTokens }))[0]).toMatchObject({ kind: "send", reason: "failover", ticket: { deployment: "large" } });
  expect(decide(state, viewOf({ ...tooLong, contextTokens: { large: 200_000 } }))[0]).toEqual({ kind: "stop", reason: "not_retryable" });
  expect(decide(state, viewOf({ ...tooLong, contextTokens, tried: [...tooLong.tried, failed("context_length", "large")] }))[0]).toEqual({ kind: "stop", reason: "not_retryable" });
  expect(decide({ ...state, budget: { tokens: 0 } }, viewOf({ ...tooLong, contextTokens }))[0]).toMatchObject({ kind: "send", reason: "failover" });
});

test("decide: a prompt that was too long for one is sent to none that holds no more, when the larger one fails", () => {
  const contextTokens = { primary: 8_000, small: 8_000, large: 200_000 };
  const tried = [failed("context_length"), failed("overloaded", "large")];
  const view = viewOf({ route: ["primary", "small", "large"], contextTokens, tried });
  expect(decide(state, view)[0]).toMatchObject({ kind: "wait", deployment: "large" });
  expect(decide(state, { ...view, tried: [...tried, failed("overloaded", "large")] })[0]).toEqual({ kind: "stop", reason: "nowhere_left" });
});

test("decide: what a fallback refuses of the gateway's own making is asked of the others, and the first deployment again", () => {
  for (const failure of ["bad_request", "context_length"] as const) {
    const route = ["primary", "backup", "third"];
    const tried = [failed("overloaded"), failed(failure, "backup")];
    expect(decide(state, viewOf({ route, tried }))[0]).toMatchObject({ kind: "send", reason: "failover", ticket: { deployment: "third" } });
    expect(decide(state, viewOf({ tried }))[0]).toMatchObject({ kind: "wait", deployment: "primary" });
  }
});

test("decide: a fallback that is asked in place of the first and refuses leaves the first as a last resort", () => {
  const open: PolicyState = { ...state, breakers: { primary: { kind: "open", generation: 1, untilMs: 9_000, reason: "" } } };
  expect(decide(open, viewOf({ tried: [failed("bad_request", "backup")] }))[0]).toMatchObject({ reason: "last_resort", ticket: { deployment: "primary" } });
  expect(decide(open, viewOf({ tried: [failed("content_filter", "backup")] }))[0]).toEqual({ kind: "stop", reason: "not_retryable" });
});

test("decide: a prompt too long for a fallback goes to one of unknown or larger window, and to no smaller one", () => {
  const view = { route: ["primary", "backup", "third"], tried: [failed("overloaded"), failed("context_length", "backup")] };
  const chosen = (contextTokens: Record<string, number>) => decide(state, viewOf({ ...view, contextTokens }))[0];
  expect(chosen({ backup: 8_000 })).toMatchObject({ kind: "send", ticket: { deployment: "third" } });
  expect(chosen({ backup: 8_000, third: 16_000 })).toMatchObject({ kind: "send", ticket: { deployment: "third" } });
  expect(chosen({ backup: 8_000, third: 8_000, primary: 32_000 })).toMatchObject({ kind: "wait", deployment: "primary" });
});

test("decide: a request too large for one deployment goes to the next, and counts against none", () => {
  expect(decide(state, viewOf({ tried: [failed("too_large")] }))[0]).toMatchObject({ kind: "send", reason: "failover", ticket: { deployment: "backup" } });
  const ticket = { deployment: "primary", generation: 0, probe: false };
  const after = observe(state, { nowMs: 0, settings: defaultPolicy, ticket, failure: "too_large", retryAfterMs: 60_000 });
  expect(after).toMatchObject({ health: state.health, benchedUntilMs: {} });
});

test("decide: a caller's fault is final, also when a hedge that was sent beside it failed otherwise", () => {
  for (const kind of failureKinds.filter((each) => isCallerFault(each))) {
    const tried = [failed(kind), failed("server_error", "backup")];
    expect(decide(state, viewOf({ route: ["primary", "backup", "third"], tried }))[0]).toMatchObject({ kind: "stop" });
  }
});

test("decide: after the request's deadline no deployment is asked, for the first time or again", () => {
  expect(decide(state, viewOf({ nowMs: 60_000 }))).toEqual([{ kind: "stop", reason: "too_late" }, state]);
  expect(decide(state, viewOf({ nowMs: 60_000, tried: [failed("overloaded")] }))).toEqual([{ kind: "stop", reason: "too_late" }, state]);
});

test("decide: a client's own deadline leaves nine tenths of the retry budget to others", () => {
  const tried = [{ ...failed("first_token_timeout"), isClientDeadline: true }];
  const kept = { ...state, budget: { tokens: defaultPolicy.retryBudget.tokensMax * 0.9 } };
  expect(decide(kept, viewOf({ tried }))[0]).toEqual({ kind: "stop", reason: "budget" });
  expect(decide(kept, viewOf({ tried: [failed("first_token_timeout")] }))[0]).toMatchObject({ kind: "send", reason: "failover" });
  expect(decide(state, viewOf({ tried }))[0]).toMatchObject({ kind: "send", reason: "failover" });
});

test("decide: passing over an open deployment spends no budget", () => {
  const open: PolicyState = { ...state, budget: { tokens: 1 }, breakers: { primary: { kind: "open", generation: 1, untilMs: 9_000, reason: "" } } };
  const [decision, after] = decide(open, viewOf());
  expect(decision).toMatchObject({ kind: "send", reason: "passed_over", ticket: { deployment: "backup" } });
  expect(after.budget.tokens).toBe(1 + defaultPolicy.retryBudget.ratio);
});

test("decide: a deployment that ramps up takes the share that it may, and everybody whom no other can take", () => {
  const settings: PolicyConfig = { ...defaultPolicy, breaker: { ...defaultPolicy.breaker!, rampMs: 10_000 } };
  const back: PolicyState = { ...state, breakers: { primary: { kind: "closed", generation: 2, buckets: [], closedAtMs: 0 } } };
  const at = (draw: number, overrides: Partial<PolicyView> = {}) => decide(back, viewOf({ settings, nowMs: 4_000, draw, ...overrides }))[0];
  expect(at(0.39)).toMatchObject({ reason: "first", ticket: { deployment: "primary" } });
  expect(at(0.41)).toMatchObject({ reason: "passed_over", ticket: { deployment: "backup" } });
  expect(at(0.41, { route: ["primary"] })).toMatchObject({ reason: "first", ticket: { deployment: "primary" } });
  expect(at(0.99, { nowMs: 10_000 })).toMatchObject({ reason: "first", ticket: { deployment: "primary" } });
});

test("decide: with all open, the one that recovers first is asked, and another one only as a last resort", () => {
  const breakers = {
    primary: { kind: "open", generation: 1, untilMs: 9_000, reason: "" },
    backup: { kind: "open", generation: 3, untilMs: 4_000, reason: "" },
  } as const;
  const open: PolicyState = { ...state, breakers };
  expect(decide(open, viewOf())[0]).toMatchObject({ kind: "send", reason: "forced", ticket: { deployment: "backup", probe: false } });
  const again = viewOf({ tried: [failed("server_error", "backup")] });
  const [decision, after] = decide(open, again);
  expect(decision).toMatchObject({ kind: "send", reason: "last_resort", ticket: { deployment: "primary", probe: false, isKnownBad: true } });
  expect(after.lastResort.tokens).toBe(open.lastResort.tokens - 1);
  expect(decide(after, again)[0]).toEqual({ kind: "stop", reason: "nowhere_left" });
  expect(decide(after, { ...again, nowMs: 5_000 })[0]).toMatchObject({ kind: "send" });
  expect(decide({ ...open, lastResort: { tokens: 0.9, atMs: 0 } }, again)[0]).toEqual({ kind: "stop", reason: "budget" });
});

test("decide: where nothing pays for a last resort the request waits once for a change, and goes on freely if there was one", () => {
  const breakers = { backup: { kind: "open", generation: 1, untilMs: 9_000, reason: "" } } as const;
  const ticket = { deployment: "backup", generation: 0, probe: false };
  const lately = observe(state, { nowMs: 0, settings: defaultPolicy, ticket, failure: null, retryAfterMs: null });
  const poor: PolicyState = { ...lately, breakers, lastResort: { tokens: 0, atMs: 100 } };
  const view = viewOf({ nowMs: 100, tried: [failed("quota_exhausted")] });
  expect(decide(poor, view)[0]).toEqual({ kind: "wait", deployment: "backup", delayMs: 500 });
  const after = { ...view, nowMs: 600, waitedFor: "backup" };
  expect(decide(poor, after)[0]).toEqual({ kind: "stop", reason: "budget" });
  expect(decide({ ...poor, breakers: {} }, after)[0]).toMatchObject({ kind: "send", reason: "failover", ticket: { deployment: "backup" } });
  expect(decide({ ...poor, breakers: {}, benchedUntilMs: { backup: 60_000 } }, after)[0]).toMatchObject({ kind: "stop" });
  expect(decide({ ...poor, health: state.health }, view)[0]).toEqual({ kind: "stop", reason: "budget" });
});

test("decide: no attempt is sent after the wait if the breaker opened meanwhile; the paid token goes elsewhere", () => {
  const open: PolicyState = { ...state, budget: { tokens: 0 }, breakers: { primary: { kind: "open", generation: 1, untilMs: 9_000, reason: "" } } };
  const decision = decide(open, viewOf({ nowMs: 100, tried: [failed("reset")], waitedFor: "primary" }))[0];
  expect(decision).toMatchObject({ kind: "send", reason: "failover", ticket: { deployment: "backup" } });
});

test("decide: no attempt is sent after the wait if the deployment was benched for longer meanwhile, unless it is the only one", () => {
  const benched: PolicyState = { ...state, benchedUntilMs: { primary: 30_000 } };
  const view = viewOf({ nowMs: 2_000, tried: [failed("rate_limited", "primary", 2_000)], waitedFor: "primary" });
  expect(decide(benched, view)[0]).toMatchObject({ kind: "send", reason: "failover", ticket: { deployment: "backup" } });
  expect(decide(benched, { ...view, route: ["primary"] })[0]).toMatchObject({ kind: "send", reason: "retry", ticket: { deployment: "primary" } });
});

test("decide: without failover only the route's first deployment is ever asked", () => {
  const settings: PolicyConfig = { ...defaultPolicy, failover: false };
  const open: PolicyState = { ...state, breakers: { primary: { kind: "open", generation: 1, untilMs: 9_000, reason: "" } } };
  expect(decide(open, viewOf({ settings }))[0]).toMatchObject({ reason: "forced", ticket: { deployment: "primary" } });
  expect(decide(state, viewOf({ settings, tried: [failed("quota_exhausted")] }))[0]).toEqual({ kind: "stop", reason: "nowhere_left" });
});

test("fullJitterMs: always within [0, min(maxMs, baseMs * 2^n)]", () => {
  const settings = fc.record({ baseMs: fc.integer({ min: 0, max: 5_000 }), maxMs: fc.integer({ min: 0, max: 60_000 }) });
  fc.assert(
    fc.property(settings, fc.nat(200), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (backoff, n, draw) => {
      const delayMs = fullJitterMs(backoff, n, draw);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(Math.min(backoff.maxMs, backoff.baseMs * 2 ** n));
    }),
  );
});

test("budget: never above its maximum, never below zero, and spending is bounded by earning", () => {
  const settings = fc.record({ ratio: fc.double({ min: 0, max: 2, noNaN: true }), tokensMax: fc.integer({ min: 0, max: 100 }) });
  fc.assert(
    fc.property(settings, fc.array(fc.boolean(), { maxLength: 500 }), (limits, steps) => {
      let budget: Budget = fullBudget(limits);
      let [firsts, further] = [0, 0];
      for (const isFirst of steps) {
        if (isFirst) firsts++;
        const next: Budget | null = isFirst ? earn(budget, limits) : spend(budget);
        if (next === null) continue;
        if (!isFirst) further++;
        budget = next;
        expect(budget.tokens).toBeGreaterThanOrEqual(0);
        expect(budget.tokens).toBeLessThanOrEqual(limits.tokensMax);
      }
      expect(further).toBeLessThanOrEqual(firsts * limits.ratio + limits.tokensMax + 1e-6);
    }),
  );
});

test("spendSpare: a full bucket of any size has something to spare, one that is down to nine tenths has not", () => {
  expect([0, 1, 5, 10, 50].map((tokensMax) => spendSpare({ tokens: tokensMax }, { ratio: 0, tokensMax })?.tokens ?? null)).toEqual([null, 0, 4, 9, 49]);
  expect(spendSpare({ tokens: 45.9 }, { ratio: 0, tokensMax: 50 })).toBeNull();
  expect(spendSpare({ tokens: 4.9 }, { ratio: 0, tokensMax: 5 })).toBeNull();
});

test("decide: over any number of requests that all fail, attempts stay within firsts * (1 + ratio) + tokensMax", () => {
  const budget = fc.record({ ratio: fc.double({ min: 0, max: 1, noNaN: true }), tokensMax: fc.integer({ min: 0, max: 20 }) });
  fc.assert(
    fc.property(budget, fc.array(fc.constantFrom(...failureKinds), { minLength: 1, maxLength: 200 }), (retryBudget, failures) => {
      const settings: PolicyConfig = { ...defaultPolicy, retryBudget, breaker: null };
      let now = initialPolicy(settings);
      let attempts = 0;
      for (const failure of failures) {
        const tried: Tried[] = [];
        let waitedFor: string | null = null;
        for (let step = 0; step < 20; step++) {
          const [decision, next] = decide(now, viewOf({ settings, tried, waitedFor }));
          now = next;
          waitedFor = null;
          if (decision.kind === "stop") break;
          if (decision.kind === "wait") {
            waitedFor = decision.deployment;
            continue;
          }
          attempts++;
          tried.push(failed(failure, decision.ticket.deployment));
        }
        expect(tried.length).toBeLessThanOrEqual(settings.retry.attemptsMax);
      }
      expect(attempts).toBeLessThanOrEqual(failures.length * (1 + retryBudget.ratio) + retryBudget.tokensMax + 1e-6);
    }),
  );
});

/** The table of docs/failures.md. */
function failureTable(): string {
  const rows = Object.entries(failureClasses).map(([failure, { here, elsewhere, breaker, status, code }]) => {
    const cells = [`\`${failure}\``, here, elsewhere ? "yes" : "no", breaker ? "yes" : "no", String(status), `\`${code}\``];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| failure | retry here | other deployment | breaker counts it | client status | client code |", "|---|---|---|---|---|---|", ...rows].join("\n");
}

test("failureClasses: docs/failures.md holds the table that the code holds", () => {
  const page = readFileSync(new URL("../../../docs/failures.md", import.meta.url), "utf8");
  expect(page).toContain(failureTable());
});

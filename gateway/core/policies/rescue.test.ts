import fc from "fast-check";
import { expect, test } from "vitest";
import type { FailureKind } from "../../../kernel/outcome.ts";
import { defaultPolicy } from "../config.ts";
import { failureClasses } from "./failures.ts";
import { initialPolicy, type PolicyState } from "./policy.ts";
import { decideRescue, type RescueTried, type RescueView } from "./rescue.ts";

const state = initialPolicy(defaultPolicy);
const viewOf = (overrides: Partial<RescueView> = {}): RescueView => ({
  nowMs: 0,
  settings: defaultPolicy,
  route: ["primary", "backup", "third"],
  deadlineMs: 60_000,
  continuing: [],
  broken: { deployment: "primary", failure: "reset" },
  failedBefore: [],
  tried: [],
  attempts: 0,
  ...overrides,
});
const chosen = (overrides: Partial<RescueView> = {}, from: PolicyState = state) => {
  const [decision] = decideRescue(from, viewOf(overrides));
  return decision.kind === "send" ? `${decision.ticket.deployment} ${decision.mode}` : decision.reason;
};
const tried = (deployment: string, mode: RescueTried["mode"], failure: RescueTried["failure"]): RescueTried => ({ deployment, mode, failure });

test("decideRescue: another deployment that continues, then the broken one if it does, then a replay elsewhere", () => {
  expect(chosen({ continuing: ["primary", "third"] })).toBe("third continue");
  expect(chosen({ continuing: ["primary"] })).toBe("primary continue");
  expect(chosen()).toBe("backup replay");
  expect(chosen({ route: ["primary"] })).toBe("primary replay");
  expect(chosen({ failedBefore: ["backup"] })).toBe("third replay");
});

test("decideRescue: the broken one is not asked again where its failure says so, nor others where failover is off", () => {
  expect(chosen({ route: ["primary"], broken: { deployment: "primary", failure: "idle_timeout" } })).toBe("nowhere_left");
  expect(chosen({ settings: { ...defaultPolicy, failover: false } })).toBe("primary replay");
});

test("decideRescue: a refused prefix leaves the replay, any other failure leaves nothing at that deployment", () => {
  const options = { route: ["primary", "backup"], continuing: ["backup"], broken: { deployment: "primary", failure: "idle_timeout" } as const };
  expect(chosen(options)).toBe("backup continue");
  expect(chosen({ ...options, tried: [tried("backup", "continue", "bad_request")] })).toBe("backup replay");
  expect(chosen({ ...options, tried: [tried("backup", "continue", "overloaded")] })).toBe("nowhere_left");
  expect(chosen({ ...options, tried: [tried("backup", "continue", "bad_request"), tried("backup", "replay", "disagreed")] })).toBe("nowhere_left");
});

test("decideRescue: isolated, without budget, out of attempts or out of time there is none", () => {
  const route = ["primary", "backup"];
  const broken = { deployment: "primary", failure: "idle_timeout" } as const;
  expect(chosen({ route, broken }, { ...state, isolated: new Set(["backup"]) })).toBe("nowhere_left");
  expect(chosen({ route: ["primary"] }, { ...state, budget: { tokens: 0.5 } })).toBe("budget");
  const kept = { ...state, budget: { tokens: defaultPolicy.retryBudget.tokensMax * 0.9 } };
  expect(chosen({ route, broken }, kept)).toBe("backup replay");
  expect(chosen({ route, broken: { ...broken, isClientDeadline: true } }, kept)).toBe("budget");
  expect(chosen({ attempts: 3 })).toBe("attempts");
  expect(chosen({ nowMs: 60_000 })).toBe("too_late");
  expect(chosen({ settings: { ...defaultPolicy, rescue: null } })).toBe("off");
});

test("decideRescue: one that is open or benched is asked as a last resort, which has a bucket of its own", () => {
  const route = ["primary", "backup"];
  const broken = { deployment: "primary", failure: "idle_timeout" } as const;
  for (const bad of [{ breakers: { backup: { kind: "open", generation: 1, untilMs: 9_000, reason: "" } } }, { benchedUntilMs: { backup: 1 } }] as const) {
    expect(chosen({ route, broken }, { ...state, ...bad, budget: { tokens: 0 } })).toBe("backup replay");
    expect(chosen({ route, broken }, { ...state, ...bad, lastResort: { tokens: 0, atMs: 0 } })).toBe("budget");
    expect(chosen({ route, broken: { ...broken, isClientDeadline: true } }, { ...state, ...bad })).toBe("budget");
  }
});

test("decideRescue: the one that broke costs one token, others cost none, and no attempt is asked for twice: law", () => {
  const kinds = Object.keys(failureClasses) as FailureKind[];
  const attempt = fc.record({ deployment: fc.constantFrom("primary", "backup", "third"), mode: fc.constantFrom("continue", "replay"), failure: fc.constantFrom(...kinds, "disagreed") });
  fc.assert(
    fc.property(fc.array(attempt, { maxLength: 4 }), fc.subarray(["primary", "backup", "third"]), fc.constantFrom(...kinds), (list, continuing, failure) => {
      const view = viewOf({ tried: list as RescueTried[], continuing, broken: { deployment: "primary", failure } });
      const [decision, next] = decideRescue(state, view);
      expect(state.budget.tokens - next.budget.tokens).toBe(decision.kind === "send" && decision.ticket.deployment === "primary" ? 1 : 0);
      if (decision.kind !== "send") return;
      expect(list.some(({ deployment, mode }) => deployment === decision.ticket.deployment && mode === decision.mode)).toBe(false);
      if (decision.mode === "continue") expect(continuing).toContain(decision.ticket.deployment);
    }),
  );
});

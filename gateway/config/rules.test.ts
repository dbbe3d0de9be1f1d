import { expect, test } from "vitest";
import { configOf, policyOf } from "../core/testing/rig.ts";
import { ruleViolations } from "./rules.ts";

const paths = (overrides: Parameters<typeof configOf>[0]) => ruleViolations(configOf(overrides)).map(({ path }) => path);

test("ruleViolations: limits that contradict each other, and a weight for a deployment that the route does not have", () => {
  const policy = { ...configOf().policy, concurrency: { initial: 20, min: 4, max: 2 }, hedge: { delayMs: 0 } };
  const routes = [{ name: "both", deployments: ["primary", "backup"], weights: { other: 1 } }];
  const problems = ruleViolations(configOf({ policy, routes }));
  expect(problems.map(({ path }) => path)).toEqual(["routes[0].weights", "policy.hedge.delayMs", "policy.concurrency.min", "policy.concurrency.initial"]);
});

test("ruleViolations: a good config has no problems", () => {
  expect(ruleViolations(configOf({ defects: [{ kind: "slow", share: 0.5, delayMs: 100 }] }))).toEqual([]);
});

test("ruleViolations: a hardened config refuses planted defects", () => {
  const problems = ruleViolations(configOf({ hardened: true, defects: [{ kind: "mix_up", share: 0.01 }] }));
  expect(problems).toEqual([{ path: "defects", message: "A hardened gateway refuses planted defects, got mix_up" }]);
  expect(paths({ hardened: true })).toEqual([]);
});

test("ruleViolations: names that lead nowhere or are used twice are named by their path", () => {
  const { deployments, keys } = configOf();
  expect(paths({ routes: [{ name: "r", deployments: ["primary", "nobody"] }] })).toEqual(["routes[0].deployments[1]"]);
  expect(paths({ routes: [{ name: "r", deployments: [] }] })).toEqual(["routes[0].deployments"]);
  expect(paths({ routes: [{ name: "r", deployments: ["primary", "primary"] }] })).toEqual(["routes[0].deployments[1]"]);
  expect(paths({ deployments: [...deployments, deployments[0]!] })).toEqual(["deployments[2]"]);
  expect(ruleViolations(configOf({ keys: [...keys, keys[0]!] }))).toEqual([{ path: "keys[2]", message: "The same key is already at keys[0]" }]);
});

test("ruleViolations: numbers out of range are refused, with what was wanted", () => {
  const { retry } = policyOf({});
  expect(ruleViolations(configOf({ concurrencyMax: 0 }))).toEqual([{ path: "concurrencyMax", message: "Expected at least 1, got 0" }]);
  expect(paths({ policy: policyOf({ retry: { ...retry, attemptsMax: 0 } }) })).toEqual(["policy.retry.attemptsMax"]);
  expect(paths({ defects: [{ kind: "corrupt", share: 1.5 }] })).toEqual(["defects[0].share"]);
  expect(paths({ defects: [{ kind: "slow", share: 1 }] })).toEqual(["defects[0].delayMs"]);
  expect(paths({ defects: [{ kind: "fail", share: 1, delayMs: 5 }] })).toEqual(["defects[0].delayMs"]);
  expect(paths({ defects: [{ kind: "flap", share: 1 }] })).toEqual(["defects[0].periodMs"]);
  expect(paths({ defects: [{ kind: "fail", share: 1, periodMs: 5 }] })).toEqual(["defects[0].periodMs"]);
});

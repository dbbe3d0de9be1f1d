import { expect, test } from "vitest";
import { neverSignal } from "../../kernel/signal.ts";
import { parseStack } from "../../scenarios/parse.ts";
import { playResolved } from "../conductor/virtual/play.ts";
import { openStack, policySetNames, stackNames } from "./library.ts";
import { resolveRun } from "./resolve-run.ts";

const stackOf = (name: string) => {
  const { text, shown } = openStack(name);
  return parseStack(text, shown);
};

test("policySetNames: the public defaults of six products, none of them named as a stack of the lab is", () => {
  expect(policySetNames()).toEqual(["agentcore-defaults", "bifrost-defaults", "envoy-ai-gateway-fallback", "litellm-defaults", "openai-sdk-defaults", "portkey-defaults"]);
  expect(policySetNames().filter((name) => stackNames().includes(name))).toEqual([]);
});

test.each(policySetNames())("policy sets: %s names its sources and what it cannot express, and is one gateway process with a policy", (name) => {
  const { follows, gateway, regions, replicas, ...stack } = stackOf(name);
  expect(stack).toMatchObject({ name, edge: null, control: null, vault: null, bypass: false });
  expect({ regions, replicas }).toEqual({ regions: ["local"], replicas: 1 });
  expect(Object.keys(gateway)).toEqual(["contractCheck", "policy"]);
  expect(follows!.sources.every((source) => URL.canParse(source) && source.startsWith("https://"))).toBe(true);
  expect(follows!.notExpressed.length).toBeGreaterThan(1);
});

const played = async (stack: string, scenario: string) =>
  (await playResolved(resolveRun({ scenario, stack, seed: 1, sets: ["workload.requestsPerSecond=2"] }), { onProgress: () => {}, signal: neverSignal })).verdict;

test("policy sets: a dead provider reaches the users of the plain SDK, and not those of a gateway that falls back", async () => {
  const lost = async (stack: string) => (await played(stack, "provider-down")).measures!.blastRadius!.share;
  expect(await lost("openai-sdk-defaults")).toBeGreaterThan(0.9);
  expect(await lost("bifrost-defaults")).toBeLessThan(0.1);
});

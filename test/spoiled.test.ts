import { expect, test } from "vitest";
import { effectKinds } from "../kernel/effects.ts";
import { parseScenario, parseStack } from "../scenarios/parse.ts";
import { resolvePlan } from "../lab/plan/resolve.ts";
import { playVirtually } from "./support/virtual.ts";

const slow = { timeout: 120_000 };

/** Each provider of a failover pair spoils a third of its answers' bytes in one way. */
const scenarioOf = (effect: string, dialect = "openai") => `
name: spoiled
title: Bytes of one provider are spoiled
seed: 3
timeline: { warmupMs: 1000, steadyMs: 15000, recoveryMs: 5000 }
workload:
  requestsPerSecond: 6
  streamShare: 0.7
  maxTokens: { median: 12, sigma: 0.2, min: 8, max: 20 }
  cells: [{ team: support, feature: chat, route: assistant, slo: { firstTokenMs: 8000, totalMs: 20000 } }]
deployments:
  - { name: primary, provider: openai, dialect: ${dialect}, model: gpt-4o-mini, latency: gpt-4o-mini }
  - { name: fallback, provider: anthropic, dialect: anthropic, model: claude-3-5-haiku-20241022, latency: claude-3.5-haiku }
routes: [{ name: assistant, deployments: [primary, fallback] }]
faults:
  - kind: outage
    name: spoiled
    deployments: [primary]
    phases: [{ lengthMs: 15000, effects: [{ kind: ${effect}, share: 0.3 }] }]
`;

const stack = parseStack("name: plain\ntitle: The gateway with its defaults", "plain.yaml");
const resolved = (text: string) => ({ ...resolvePlan({ scenario: parseScenario(text, "spoiled.yaml"), stack, run: "virtual-spoiled", incidents: [] }), stack });

test.each(effectKinds.filter((kind) => kind !== "fail_first"))("runVirtual: a gateway before a provider whose answers are %s settles every request", slow, async (kind) => {
  const { records, verdict } = await playVirtually(resolved(scenarioOf(kind)));
  expect(records.wire.filter(({ effect }) => effect === kind).length).toBeGreaterThan(3);
  expect(records.client.every(({ end }) => end !== "dropped")).toBe(true);
  expect(verdict.books.problems.filter((problem) => !/canary/.test(problem)), verdict.reasons.join(" ")).toEqual([]);
});

test("runVirtual: every answer that a provider mixed up and the gateway delivered is found, and no other", slow, async () => {
  const { records, verdict } = await playVirtually(resolved(scenarioOf("mixed_up")));
  const mixed = new Map(records.wire.filter(({ effect }) => effect === "mixed_up").map((record) => [record.answerId, record.requestId]));
  const delivered = records.client.filter(({ text }) => [...mixed.keys()].some((id) => text.startsWith(`zq${id}`)));
  expect(delivered.length).toBeGreaterThan(3);
  expect(verdict.wrong.map(({ requestId }) => requestId).sort()).toEqual(delivered.map(({ requestId }) => requestId).sort());
  expect(verdict.attribution).toMatchObject({ faults: [{ fault: "spoiled", requests: delivered.length, aftermath: 0 }], unattributed: 0, bad: delivered.length });
});

test.each(["gemini", "openai_compatible"])("runVirtual: the gateway takes whole and right answers from a provider of the %s format", slow, async (dialect) => {
  const { records, verdict } = await playVirtually(resolved(scenarioOf("wrong_usage", dialect)));
  expect(records.wire.filter(({ deployment, end }) => deployment === "primary" && end === "sent").length).toBeGreaterThan(50);
  expect(records.client.map(({ claimedDeployment }) => claimedDeployment)).toEqual(records.client.map(() => "primary"));
  expect(records.client.every(({ end, status, terminal }) => end === "complete" && status === 200 && terminal)).toBe(true);
  expect(verdict.wrong).toEqual([]);
});

test("parseScenario: effects that add up to more than 1, and a dialect that the reference gateway does not speak, are refused by name", () => {
  const twice = scenarioOf("stall").replace("share: 0.3 }]", "share: 0.7 }, { kind: malformed, share: 0.7 }]");
  expect(() => parseScenario(twice, "spoiled.yaml")).toThrow(/effects.*\n?.*add up to 1.4/s);
  expect(() => resolved(scenarioOf("stall", "bedrock"))).toThrow(/does not speak bedrock/);
});

import { expect, test } from "vitest";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 240_000 };

const cells = `[
  { team: support, feature: chat, route: assistant, systemPrompt: support, slo: { firstTokenMs: 8000, totalMs: 20000 } },
  { team: legal, feature: review, route: careful, slo: { firstTokenMs: 8000, totalMs: 20000 } },
]`;
const evals = `{ questions: 60, maxTokens: 24, assert: [{ type: regex, value: "(\\\\S+\\\\s+){20}" }] }`;
const brief = "You help our customers. Answer in at most 5 words.";
const other = "You help all of our customers.";
/** Answers come at once, so that the gate takes less than a second. */
const fast = "{ firstTokenMsP50: 20, firstTokenSigma: 0, tokensPerSecond: 1000 }";

/** A prompt is pushed to the first region, for 15 s. */
async function pushed({ text, stack = "hardened", cut = "" }: { readonly text: string; readonly stack?: string; readonly cut?: string }) {
  const resolved = planOf("bad-config-swapped-providers", {
    timeline: "{ warmupMs: 1000, steadyMs: 4000, recoveryMs: 2000 }",
    "workload.cells": cells,
    "workload.streamShare": "0",
    "deployments.0.latency": fast,
    "deployments.1.latency": fast,
    systemPrompts: `[{ name: support, text: You help our customers., evals: ${evals} }]`,
    faults: `[{ kind: config_push, change: new_prompt, prompt: support, text: "${text}", lengthMs: 15000 }${cut}]`,
  }, undefined, stack);
  const { verdict, records } = await playVirtually(resolved);
  expect(verdict.books.problems).toEqual([]);
  const first = records.client[0]!.package;
  return {
    questions: records.wire.filter(({ requestId }) => requestId === "control-plane-evals").length,
    reached: records.client.filter(({ package: name }) => name !== undefined && name !== first).length,
    short: verdict.measures!.causes.truncated,
    bad: verdict.measures!.badShare,
    silent: verdict.measures!.silentShare,
  };
}

test("eval gate: a prompt after which answers are too short is asked 60 questions beside the active one, and serves nobody", slow, async () => {
  const { questions, reached, bad } = await pushed({ text: brief });
  expect(questions).toBe(60 * 2);
  expect([reached, bad]).toEqual([0, 0]);
});

test("eval gate: a prompt whose answers are as good passes, and is served", slow, async () => {
  const { questions, reached, bad } = await pushed({ text: other });
  expect(questions).toBe(60 * 2);
  expect(reached).toBeGreaterThan(0);
  expect(bad).toBe(0);
});

test("eval gate: while it is down, a good prompt is refused as well, and what serves is untouched", slow, async () => {
  // From after the identity canary on.
  const cut = ", { kind: link_down, link: { from: { role: control, region: 1 }, to: { role: provider } }, fromMs: 300, lengthMs: 8000 }";
  const { questions, reached, bad } = await pushed({ text: other, cut });
  expect(questions).toBeGreaterThan(0);
  expect([reached, bad]).toEqual([0, 0]);
});

test("eval gate: without it the first step's clients get short answers, and all of those pass for a success", slow, async () => {
  const { questions, reached, short, silent } = await pushed({ text: brief, stack: "hardened-without-eval-gate" });
  expect(questions).toBe(0);
  expect(reached).toBeGreaterThan(0);
  expect(short).toBeGreaterThan(0);
  expect(silent).toBe(1);
});

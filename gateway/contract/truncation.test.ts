import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Outcome } from "../../kernel/outcome.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { configOf, policyOf, Rig } from "../core/testing/rig.ts";
import type { Script, Step } from "../core/testing/scripts.ts";
import { dialects, fixturesOf } from "./support/gateway.ts";

const messages = [{ role: "user", content: "Say it." }];

/** How each endpoint is asked for a stream, how its streams end, and how they say that they broke. */
const endpoints = {
  "/v1/chat/completions": { ask: { model: "alone", messages }, terminal: /data: \[DONE\]\n\n$/, error: /data: \{"error":.*\n\n$/ },
  "/v1/responses": { ask: { model: "alone", input: "Say it." }, terminal: /event: response\.completed\n.*\n\n$/, error: /event: error\n.*\n\nevent: response\.failed\n.*\n\n$/ },
  "/v1/messages": { ask: { model: "alone", max_tokens: 9, messages }, terminal: /event: message_stop\n.*\n\n$/, error: /event: error\n.*\n\n$/ },
} as const;

type Endpoint = keyof typeof endpoints;
type Dialect = (typeof dialects)[number];

const ends: readonly (readonly [name: string, steps: readonly Step[]])[] = [
  ["ends by HTTP", []],
  ["is reset", [{ fail: "reset" }]],
  ["stalls", ["hang"]],
  ["is no JSON", [{ text: "data: {broken\n\n" }]],
];

interface Received {
  readonly status: number;
  readonly body: string;
  readonly outcome: Outcome;
}

async function receive(endpoint: Endpoint, dialect: Dialect, body: readonly Step[]): Promise<Received> {
  const clock = new VirtualClock();
  const script: Script = { before: [], status: 200, headers: { "content-type": "text/event-stream" }, body };
  const policy = policyOf({ rescue: null, failover: false, retry: { ...policyOf({}).retry, attemptsMax: 1 } });
  const deployments = [{ name: "primary", dialect, model: "m-1", baseUrl: "http://primary/v1", credential: "env:P" }];
  const rig = new Rig(clock, { primary: () => script }, configOf({ policy, deployments, routes: [{ name: "alone", deployments: ["primary"] }] }));
  const request = { method: "POST", path: endpoint, headers: { authorization: "Bearer vk-a" }, body: utf8Bytes(JSON.stringify({ ...endpoints[endpoint].ask, stream: true })) };
  const reading = (async () => {
    const response = await rig.gateway.handle(request, neverSignal);
    let text = "";
    for await (const bytes of response.body) text += utf8Text(bytes);
    return { status: response.status, body: text };
  })();
  await clock.run();
  expect(clock.idle).toBe(true);
  return { ...(await reading), outcome: rig.finished()[0]!.outcome };
}

/**
 * An answer that says why it ended is whole, though its usage, which comes after that, may be lost, and the attempt may
 * have ended otherwise.
 */
const answerIn = (body: string) => body.replace(/"usage":(?:null|\{(?:[^{}]|\{[^{}]*\})*\})/g, "").replace(/"blastlab_attempts":"[^"]*"/g, "");

/** Whole and terminated, or a start of it that says that it broke. Nothing in between. */
function expectHonest(endpoint: Endpoint, { status, body, outcome }: Received, whole: string): void {
  const { terminal, error } = endpoints[endpoint];
  if (outcome.kind === "success") {
    expect(answerIn(body)).toBe(answerIn(whole));
    return;
  }
  expect(outcome.kind).toBe("failure");
  if (status !== 200) return;
  expect(body).toMatch(error);
  expect(body).not.toMatch(terminal);
  expect(whole.startsWith(body.slice(0, body.search(error)))).toBe(true);
}

const pairs = (Object.keys(endpoints) as Endpoint[]).flatMap((endpoint) => dialects.flatMap((dialect) => (["text", "tools"] as const).map((answer) => [endpoint, dialect, answer] as const)));

test.each(pairs)("truncation: %s over %s, answer %s, broken anywhere in any way, is whole or says that it is not", async (endpoint, dialect, answer) => {
  const text = fixturesOf[dialect][answer].events;
  const whole = await receive(endpoint, dialect, [{ text }]);
  expect(whole).toMatchObject({ status: 200, outcome: { kind: "success" } });
  expect(whole.body).toMatch(endpoints[endpoint].terminal);
  let failures = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: text.length }), fc.integer({ min: 1, max: 200 }), fc.constantFrom(...ends), async (cut, size, [, then]) => {
      const pieces = Array.from({ length: Math.ceil(cut / size) }, (_, index) => ({ text: text.slice(index * size, Math.min(cut, (index + 1) * size)) }));
      const received = await receive(endpoint, dialect, [...pieces, ...then]);
      if (received.outcome.kind === "failure") failures++;
      expectHonest(endpoint, received, whole.body);
    }),
    { numRuns: 60 },
  );
  expect(failures).toBeGreaterThan(20);
});

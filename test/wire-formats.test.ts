import { expect, test } from "vitest";
import { anthropicClient } from "../gateway/dialects/anthropic-client.ts";
import { clientDialects } from "../gateway/dialects/clients.ts";
import { openaiClient } from "../gateway/dialects/openai-client.ts";
import { upstreamDialects } from "../gateway/dialects/upstreams.ts";
import { configOf as gatewayConfig, policyOf } from "../gateway/core/testing/rig.ts";
import type { GatewayEvent } from "../gateway/core/events.ts";
import { createGateway } from "../gateway/core/gateway.ts";
import type { GatewayDialect } from "../kernel/chat.ts";
import { VirtualClock } from "../kernel/clock-virtual.ts";
import { decodeWord } from "../kernel/mark.ts";
import type { PlannedPhase } from "../kernel/plan.ts";
import { seededRng } from "../kernel/rng.ts";
import { StoreError } from "../kernel/seams.ts";
import { neverSignal } from "../kernel/signal.ts";
import type { Transport } from "../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../kernel/utf8.ts";
import { configOf as simulatorConfig } from "../simulators/core/examples.ts";
import { createSimulator } from "../simulators/core/simulator.ts";
import { providerDialects } from "../simulators/dialects/dialects.ts";

/**
 * The two sides of each wire format were written apart: here they meet, in every pair of a client's format and a
 * provider's.
 */
const spoken = ["openai", "openai_responses", "openai_compatible", "anthropic", "gemini"] as const satisfies readonly GatewayDialect[];

const schema = { type: "object", properties: { answer: { type: "string" } }, required: ["answer"], additionalProperties: false };
const messages = [{ role: "user", content: "hello there" }];
const endpoints = {
  "/v1/chat/completions": {
    ask: { model: "route", messages, max_tokens: 6 },
    tools: { tools: [{ type: "function", function: { name: "look", parameters: schema } }], tool_choice: "required" },
    structured: { response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } } },
  },
  "/v1/responses": {
    ask: { model: "route", input: "hello there", max_output_tokens: 6 },
    tools: { tools: [{ type: "function", name: "look", parameters: schema, strict: true }], tool_choice: "required" },
    structured: { text: { format: { type: "json_schema", name: "answer", schema, strict: true } } },
  },
  "/v1/messages": {
    ask: { model: "route", messages, max_tokens: 6 },
    tools: { tools: [{ name: "look", input_schema: schema }], tool_choice: { type: "any" } },
    structured: { output_config: { format: { type: "json_schema", schema } } },
  },
} as const;

type Path = keyof typeof endpoints;

interface Played {
  readonly status: number;
  readonly body: string;
  readonly events: readonly GatewayEvent[];
}

/** One request through the gateway to a simulator, in memory. */
async function play(dialect: GatewayDialect, path: string, body: object, phase: Partial<PlannedPhase> = {}): Promise<Played> {
  const clock = new VirtualClock();
  const base = simulatorConfig(phase);
  const simulator = createSimulator({ clock, config: { ...base, deployment: { ...base.deployment, dialect } }, tap: { emit: () => {} }, dialect: providerDialects[dialect] });
  const transport: Transport = {
    open: (request, signal) => {
      const { pathname, search } = new URL(request.url);
      return simulator.handle({ method: request.method, path: pathname + search, headers: request.headers, body: request.body }, signal);
    },
  };
  const events: GatewayEvent[] = [];
  const unused = () => Promise.reject(new StoreError("not for this test"));
  const deployments = [{ name: "primary", dialect, model: "gpt-test", baseUrl: `http://primary/${dialect === "gemini" ? "v1beta" : "v1"}`, credential: "env:K" }];
  const config = gatewayConfig({ deployments, routes: [{ name: "route", deployments: ["primary"] }], policy: policyOf({ rescue: null, retry: { ...policyOf({}).retry, attemptsMax: 1 } }) });
  const gateway = createGateway({
    clock,
    transport,
    rng: seededRng(1),
    client: openaiClient,
    clients: clientDialects,
    upstream: upstreamDialects,
    store: { get: unused, set: unused, reserve: unused, settle: unused, reserveAll: unused },
    secrets: { read: () => Promise.resolve("secret") },
    config: { current: () => config, onChange: () => () => {} },
    events: { emit: (event) => void events.push(event) },
  });
  const reading = (async () => {
    const response = await gateway.handle({ method: "POST", path, headers: { authorization: "Bearer vk-a" }, body: utf8Bytes(JSON.stringify(body)) }, neverSignal);
    let text = "";
    for await (const bytes of response.body) text += utf8Text(bytes);
    return { status: response.status, body: text };
  })();
  await clock.run();
  return { ...(await reading), events };
}

/** The words of the answer, wherever in the body they stand: each of the six once, in order, between the marks. */
function wordsIn(body: string): readonly (string | number)[] {
  const words = [...body.matchAll(/[a-z]{9,58}/g)].flatMap(([word]) => {
    const mark = decodeWord(word);
    if (mark === null) return [];
    return [mark.kind === "word" ? mark.index : mark.kind];
  });
  return words.filter((word, index) => word !== words[index - 1]);
}

const complete = ["open", 1, 2, 3, 4, 5, 6, "close"];
const pairs = (Object.keys(endpoints) as Path[]).flatMap((path) => spoken.flatMap((dialect) => [false, true].map((stream) => [path, dialect, stream] as const)));

/** A stream of responses says its text again as it ends. */
const once = (path: Path, stream: boolean, words: readonly (string | number)[]) => (path === "/v1/responses" && stream ? words.slice(0, complete.length) : words);

test.each(pairs)("wire formats: text by %s over %s, stream %s, arrives whole", async (path, dialect, stream) => {
  const { status, body, events } = await play(dialect, path, { ...endpoints[path].ask, stream });
  expect(status, body).toBe(200);
  expect(once(path, stream, wordsIn(body))).toEqual(complete);
  expect(events.at(-1)).toMatchObject({ type: "finished", outcome: { kind: "success" }, outputTokens: 8 });
});

test.each(pairs)("wire formats: a tool call by %s over %s, stream %s, arrives whole", async (path, dialect, stream) => {
  const { ask, tools } = endpoints[path];
  const { status, body, events } = await play(dialect, path, { ...ask, ...tools, stream });
  expect(status, body).toBe(200);
  expect(body).toContain('"name":"look"');
  expect(body).toMatch(/"finish_reason":"tool_calls"|"type":"function_call"|"stop_reason":"tool_use"/);
  expect(once(path, stream, wordsIn(body))).toEqual(complete);
  expect(events.at(-1)).toMatchObject({ outcome: { kind: "success" } });
});

test.each(pairs)("wire formats: structured output by %s over %s, stream %s, arrives whole", async (path, dialect, stream) => {
  const { ask, structured } = endpoints[path];
  const { status, body } = await play(dialect, path, { ...ask, ...structured, stream });
  expect(status, body).toBe(200);
  expect(once(path, stream, wordsIn(body))).toEqual(complete);
  if (!stream) expect(body.replaceAll("\\", "")).toContain('{"answer":"');
});

test.each(pairs)("wire formats: a provider that renames a field, by %s over %s, stream %s, is found out, and nothing of it arrives", async (path, dialect, stream) => {
  const { status, body, events } = await play(dialect, path, { ...endpoints[path].ask, stream }, { effects: [{ kind: "contract_drift" }] });
  expect(status).toBe(502);
  expect(wordsIn(body)).toEqual([]);
  expect(events.map(({ type }) => type)).toContain("contract_broken");
  expect(events.at(-1)).toMatchObject({ outcome: { kind: "failure", failure: "contract" } });
});

test.each(["openai", "gemini"] as const)("wire formats: vectors of %s arrive", async (dialect) => {
  const { status, body } = await play(dialect, "/v1/embeddings", { model: "route", input: ["a", "b"], dimensions: 8 });
  expect(status, body).toBe(200);
  const { data } = JSON.parse(body) as { data: { embedding: number[] }[] };
  expect(data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
  expect(data[0]!.embedding).not.toEqual(data[1]!.embedding);
});

test.each(spoken)("wire formats: the errors of %s are told apart by their status and words", async (dialect) => {
  for (const [status, failure] of [
    ["429", "rate_limited"],
    ["500", "server_error"],
    ["503", "overloaded"],
  ] as const) {
    const { events } = await play(dialect, "/v1/chat/completions", endpoints["/v1/chat/completions"].ask, { errorRate: 1, statusMix: { [status]: 1 } });
    expect(events.at(-1), status).toMatchObject({ type: "finished", outcome: { kind: "failure", failure } });
  }
});

test("wire formats: what a client may not ask for is told in its own format", async () => {
  const { status, body } = await play("openai", "/v1/messages", { ...endpoints["/v1/messages"].ask, max_tokens: 0 });
  expect([status, JSON.parse(body)]).toMatchObject([400, { type: "error", error: { type: "invalid_request_error" } }]);
  expect(anthropicClient.idPrefix).toBe("msg_");
});

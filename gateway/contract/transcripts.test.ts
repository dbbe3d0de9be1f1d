import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { configOf, policyOf, Rig } from "../core/testing/rig.ts";
import type { Script } from "../core/testing/scripts.ts";
import type { Fixtures } from "./fixtures/fixture.ts";
import { openaiEmbeddings, openaiFixtures } from "./fixtures/openai.ts";

/**
 * What clients get, to the byte, pinned under `golden/`: a change there is a change of the public interface, and is
 * made on purpose or not at all (`npx vitest run gateway/contract/transcripts -u`). Ids are drawn from a seed and the
 * clock is virtual, so that a transcript is always the same.
 */
interface Exchange {
  readonly what: string;
  readonly path: string;
  /** Null: a GET. */
  readonly body: object | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the provider does. */
  readonly provider?: Script;
}

const script = (type: string, text: string, status = 200): Script => ({ before: [{ waitMs: 10 }], status, headers: { "content-type": type }, body: [{ text }] });
const json = (body: object, status = 200) => script("application/json", JSON.stringify(body), status);
const says = (name: keyof Fixtures, stream: boolean) => (stream ? script("text/event-stream", openaiFixtures[name].events) : json(openaiFixtures[name].json));
const cut: Script = { ...script("text/event-stream", openaiFixtures.text.events.split("\n\n").slice(0, 3).join("\n\n") + "\n\n"), body: [{ text: openaiFixtures.text.events.split("\n\n").slice(0, 3).join("\n\n") + "\n\n" }, { fail: "reset" }] };

/** The same questions in the words of one endpoint. */
interface Words {
  readonly path: string;
  readonly ask: object;
  readonly tools: readonly object[];
  readonly wrong: object;
}

function exchangesOf({ path, ask, tools, wrong }: Words): Exchange[] {
  const both = ([false, true] as const).flatMap((stream): Exchange[] => [
    { what: `text, stream ${stream}`, path, body: { ...ask, stream }, provider: says("text", stream) },
    { what: `tool calls, stream ${stream}`, path, body: { ...ask, stream, tools }, provider: says("tools", stream) },
    { what: `cut by max_tokens, stream ${stream}`, path, body: { ...ask, stream }, provider: says("length", stream) },
  ]);
  return [
    ...both,
    { what: "a stream that the provider breaks off", path, body: { ...ask, stream: true }, provider: cut },
    { what: "a provider that fails", path, body: ask, provider: json({ error: { message: "internal", code: "server_error" } }, 500) },
    { what: "a provider that limits the rate", path, body: ask, provider: { ...json({ error: { message: "slow down", code: "rate_limit_exceeded" } }, 429), headers: { "content-type": "application/json", "retry-after": "30" } } },
    { what: "an answer of another shape", path, body: ask, provider: json({ id: "x", results: [] }) },
    { what: "a request that is wrong", path, body: { ...ask, ...wrong } },
    { what: "a route that is not there", path, body: { ...ask, model: "nothing" } },
    { what: "a key that is not known", path, body: ask, headers: { authorization: "Bearer nobody" } },
  ];
}

const schema = (name: string) => ({ type: "object", properties: { [name]: { type: "string" } } });
const messages = [{ role: "user", content: "Say it." }];
const endpoints: Readonly<Record<string, readonly Exchange[]>> = {
  "chat-completions": exchangesOf({
    path: "/v1/chat/completions",
    ask: { model: "alone", messages },
    tools: [{ type: "function", function: { name: "get_weather", parameters: schema("city") } }],
    wrong: { messages: [] },
  }),
  responses: exchangesOf({
    path: "/v1/responses",
    ask: { model: "alone", input: "Say it." },
    tools: [{ type: "function", name: "get_weather", parameters: schema("city"), strict: true }],
    wrong: { previous_response_id: "resp_1" },
  }),
  messages: exchangesOf({
    path: "/v1/messages",
    ask: { model: "alone", max_tokens: 9, messages },
    tools: [{ name: "get_weather", input_schema: schema("city") }],
    wrong: { thinking: { type: "enabled", budget_tokens: 1024 } },
  }),
  embeddings: [
    { what: "numbers", path: "/v1/embeddings", body: { model: "alone", input: ["a", "b"] }, provider: json(openaiEmbeddings) },
    { what: "base64", path: "/v1/embeddings", body: { model: "alone", input: ["a", "b"], encoding_format: "base64" }, provider: json(openaiEmbeddings) },
    { what: "no input", path: "/v1/embeddings", body: { model: "alone", input: [] } },
  ],
  models: [
    { what: "in OpenAI's form", path: "/v1/models", body: null },
    { what: "one", path: "/v1/models/alone", body: null },
    { what: "one that is not there", path: "/v1/models/nothing", body: null },
    { what: "in Anthropic's form", path: "/v1/models", body: null, headers: { "anthropic-version": "2023-06-01" } },
  ],
};

/**
 * Headers that belong to the answer itself; those of the cache, the prices and the like are pinned where they are made.
 */
const pinned = new Set(["content-type", "cache-control", "retry-after", "x-should-retry", "x-request-id", "x-blastlab-deployment", "x-blastlab-attempts"]);

async function transcript({ what, path, body, headers = {}, provider = json({}, 500) }: Exchange): Promise<string> {
  const clock = new VirtualClock();
  const policy = policyOf({ rescue: null, retry: { ...policyOf({}).retry, attemptsMax: 1 } });
  const deployments = configOf().deployments.map((deployment) => ({ ...deployment, model: "m-1" }));
  const rig = new Rig(clock, { primary: () => provider }, configOf({ policy, deployments }));
  const request = { method: body === null ? "GET" : "POST", path, headers: { authorization: "Bearer vk-a", ...headers }, body: utf8Bytes(body === null ? "" : JSON.stringify(body)) };
  const answering = (async () => {
    const response = await rig.gateway.handle(request, neverSignal);
    let text = "";
    for await (const bytes of response.body) text += utf8Text(bytes);
    const shown = Object.entries(response.headers).filter(([name]) => pinned.has(name)).map(([name, value]) => `${name}: ${value}\n`);
    return `${response.status}\n${shown.toSorted().join("")}\n${text.trimEnd()}\n`;
  })();
  await clock.run();
  return `=== ${what}\n${request.method} ${path}\n${body === null ? "" : `${JSON.stringify(body)}\n`}\n${await answering}`;
}

test.each(Object.keys(endpoints))("transcripts: %s, to the byte", async (name) => {
  const parts: string[] = [];
  for (const exchange of endpoints[name]!) parts.push(await transcript(exchange));
  await expect(parts.join("\n")).toMatchFileSnapshot(`golden/${name}.txt`);
});

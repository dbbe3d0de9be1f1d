import { FinishReason } from "@google/genai";
import { expect, test } from "vitest";
import type { GatewayDialect } from "../../kernel/chat.ts";
import { geminiEmbeddings } from "./fixtures/gemini.ts";
import { openaiEmbeddings } from "./fixtures/openai.ts";
import { expectedAnswer } from "./fixtures/fixture.ts";
import { dialects, fixturesOf, startGatewayTo } from "./support/gateway.ts";
import { type Answer, sendEvents, sendJson } from "./support/provider.ts";

/** What providers really answer, and fixtures of the official packages' types do not show. */

const ask = { model: "chat", messages: [{ role: "user" as const, content: "Say it." }] };

/** The fixture with its words changed, as JSON or as a stream, as it is asked for. */
function saying(dialect: GatewayDialect, name: "text" | "tools", change: (text: string) => string): Answer {
  return (response, { path: at, body }) => {
    const isStream = body["stream"] === true || at.includes("alt=sse");
    if (isStream) sendEvents(response, change(fixturesOf[dialect][name].events));
    else sendJson(response, JSON.parse(change(JSON.stringify(fixturesOf[dialect][name].json))) as object);
  };
}

const renamed = (dialect: GatewayDialect, name: string) => saying(dialect, "text", (text) => text.replaceAll('"m-1"', JSON.stringify(name)));

test.each(dialects)("model: %s may answer as a dated snapshot of what was asked for, and as no other model", async (dialect) => {
  const dated = await startGatewayTo([[dialect, renamed(dialect, "m-1-2024-08-06")]]);
  const whole = await dated.openai.chat.completions.create(ask);
  expect([whole.choices[0]!.message.content, whole.model]).toEqual([expectedAnswer.text, "m-1-2024-08-06"]);
  expect(await dated.openai.chat.completions.stream(ask).finalContent()).toBe(expectedAnswer.text);
  const other = await startGatewayTo([[dialect, renamed(dialect, "m-1-mini")]]);
  await expect(other.openai.chat.completions.create(ask)).rejects.toMatchObject({ status: 502 });
});

test("model: a deployment's answersAs names what an alias answers as; a compatible server need not name a model at all", async () => {
  const answersAs = ["gpt-4o-2024-08-06"];
  const azure = await startGatewayTo([["openai_compatible", renamed("openai_compatible", "gpt-4o-2024-08-06")]], {}, { answersAs });
  expect((await azure.openai.chat.completions.create(ask)).choices[0]!.message.content).toBe(expectedAnswer.text);
  const nameless = await startGatewayTo([["openai_compatible", saying("openai_compatible", "text", (text) => text.replaceAll('"model":"m-1",', ""))]]);
  expect(await nameless.openai.chat.completions.create(ask)).toMatchObject({ model: "m-1", choices: [{ message: { content: expectedAnswer.text } }] });
});

test.each(["openai_compatible", "gemini"] as const)("tool calls: %s gives none an id, and no two of a conversation get the same", async (dialect) => {
  const withoutIds = (text: string) => text.replaceAll(/"id":"call_[ab]",/g, "");
  const { openai } = await startGatewayTo([[dialect, saying(dialect, "tools", withoutIds)]]);
  const turns = [await openai.chat.completions.create(ask), await openai.chat.completions.create(ask), await openai.chat.completions.stream(ask).finalChatCompletion()];
  const ids = turns.flatMap(({ choices }) => choices[0]!.message.tool_calls!.map(({ id }) => id));
  expect(new Set(ids).size).toBe(6);
  for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,40}$/);
});

const [first, second] = openaiEmbeddings.data;
const vectorsOf = (...data: readonly object[]): Answer => (response) => sendJson(response, { ...openaiEmbeddings, data });

test.each([
  ["one too few", "openai", vectorsOf(first!)],
  ["one twice", "openai", vectorsOf(first!, first!)],
  ["one too many", "openai", vectorsOf(first!, second!, { ...second, index: 2 })],
  ["a number that is none", "openai", vectorsOf(first!, { ...second, index: 4_294_967_294 })],
  ["another length than asked for", "openai", vectorsOf(first!, { ...second, embedding: [1, 0, 0] })],
  ["empty ones", "openai_compatible", vectorsOf({ ...first, embedding: [] }, { ...second, embedding: [] })],
  ["one too few", "gemini", (response) => sendJson(response, { embeddings: geminiEmbeddings.embeddings!.slice(1) })],
  ["a chat", "openai", (response) => sendJson(response, fixturesOf.openai.text.json)],
] as const satisfies readonly (readonly [string, GatewayDialect, Answer])[])("embeddings: %s from %s breaks the contract: the next deployment answers", async (_, dialect, answer) => {
  const { openai, lines } = await startGatewayTo([
    [dialect, answer],
    ["openai", vectorsOf(second!, first!)],
  ]);
  const { data } = await openai.embeddings.create({ model: "chat", input: ["a", "b"], dimensions: 2, encoding_format: "float" });
  expect(data.map(({ index, embedding }) => [index, embedding])).toEqual([
    [0, [0.5, -0.25]],
    [1, [1, 0]],
  ]);
  expect(lines.filter(({ event }) => event === "contract_broken")).toHaveLength(1);
});

test("chat: vectors instead of an answer break the contract", async () => {
  const { openai } = await startGatewayTo([
    ["openai", vectorsOf(first!, second!)],
    ["openai", renamed("openai", "m-1")],
  ]);
  expect((await openai.chat.completions.create(ask)).choices[0]!.message.content).toBe(expectedAnswer.text);
});

test("messages: calls are run by their stop reason, so that is what they end with, even where a server of OpenAI's format says stop", async () => {
  const stopped = saying("openai_compatible", "tools", (text) => text.replaceAll('"finish_reason":"tool_calls"', '"finish_reason":"stop"'));
  const { anthropic } = await startGatewayTo([["openai_compatible", stopped]]);
  const message = { model: "chat", max_tokens: 50, messages: ask.messages };
  for (const { stop_reason, content } of [await anthropic.messages.create(message), await anthropic.messages.stream(message).finalMessage()]) {
    expect([stop_reason, content.map(({ type }) => type)]).toEqual(["tool_use", ["text", "tool_use", "tool_use"]]);
  }
});

test("messages: a refusal without text is the filter's, not a broken provider's: no other deployment is asked", async () => {
  const silent: Answer = (response) => sendJson(response, { ...fixturesOf.anthropic.text.json, content: [], stop_reason: "refusal" });
  const { openai, providers } = await startGatewayTo([
    ["anthropic", silent],
    ["openai", renamed("openai", "m-1")],
  ]);
  await expect(openai.chat.completions.create(ask)).rejects.toMatchObject({ code: "content_filter" });
  expect(providers.map(({ seen }) => seen.length)).toEqual([1, 0]);
});

const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

test("nesting: a request that is nested too deep is refused, and a provider's answer that is fails over", async () => {
  const { url, openai, providers } = await startGatewayTo([
    ["anthropic", (response) => response.writeHead(200, { "content-type": "application/json" }).end(`{"id":"m","model":"m-1","content":[{"type":"tool_use","id":"c","name":"n","input":${deep(10_000)}}],"stop_reason":"tool_use"}`)],
    ["openai", renamed("openai", "m-1")],
  ]);
  for (const body of [`{"model":"chat","messages":[{"role":"user","content":"x"}],"metadata":${deep(10_000)}}`, deep(1_000_000)]) {
    const refused = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer vk-1" }, body });
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: "invalid_json", message: "The body is nested too deep." } }]);
  }
  expect(providers[0]!.seen).toEqual([]);
  expect((await openai.chat.completions.create(ask)).choices[0]!.message.content).toBe(expectedAnswer.text);
});

/** Of an answer that goes on elsewhere there is no word in the other formats: that it is not known is an alarm. */
test.each(Object.values(FinishReason).filter((reason) => reason !== FinishReason.CONTINUATION))("model: Gemini's reason %s is known, and no breach of its contract", async (reason) => {
  const { openai, lines } = await startGatewayTo([["gemini", saying("gemini", "text", (text) => text.replaceAll('"STOP"', JSON.stringify(reason)))]], { policy: { retry: { attemptsPerDeploymentMax: 1 } } });
  const finish = await openai.chat.completions.create(ask).then(
    ({ choices }) => choices[0]!.finish_reason,
    (error: { status: number }) => error.status,
  );
  expect(["stop", "length", "content_filter", 502]).toContain(finish);
  expect(lines.filter(({ event }) => event === "contract_broken")).toEqual([]);
});

test("tool calls: one without arguments takes an empty object in a stream as in one piece: clients parse what they get", async () => {
  const call = { index: 0, id: "c", type: "function", function: { name: "now" } };
  const chunk = (delta: object, finish_reason: string | null) => `data: ${JSON.stringify({ id: "c", model: "m-1", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const { openai } = await startGatewayTo([["openai_compatible", (response) => sendEvents(response, `${chunk({ role: "assistant", tool_calls: [call] }, null)}${chunk({}, "tool_calls")}data: [DONE]\n\n`)]]);
  const { message } = (await openai.chat.completions.stream(ask).finalChatCompletion()).choices[0]!;
  expect(message.tool_calls).toMatchObject([{ function: { name: "now", arguments: "{}" } }]);
});

test("tool calls: pieces that a provider sends of two in turn close no call before it is whole, at /v1/responses and /v1/messages", async () => {
  const piece = (index: number, text: string) => ({ tool_calls: [{ index, function: { arguments: text } }] });
  const begin = (index: number, id: string, name: string, text: string) => ({ tool_calls: [{ index, id, type: "function", function: { name, arguments: text } }] });
  const deltas = [begin(0, "a", "look", '{"x":'), begin(1, "b", "see", '{"y":'), piece(0, "1}"), piece(1, "2}")];
  const chunk = (delta: object, finish_reason: string | null) => `data: ${JSON.stringify({ id: "c", model: "m-1", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const { openai, anthropic } = await startGatewayTo([["openai", (response) => sendEvents(response, `${deltas.map((delta) => chunk(delta, null)).join("")}${chunk({}, "tool_calls")}data: [DONE]\n\n`)]]);
  const done: unknown[] = [];
  for await (const event of await openai.responses.create({ model: "chat", input: "Say it.", stream: true })) if (event.type === "response.function_call_arguments.done") done.push(event.arguments);
  expect(done).toEqual(['{"x":1}', '{"y":2}']);
  let open = "";
  const closed: string[] = [];
  for await (const event of await anthropic.messages.create({ model: "chat", max_tokens: 9, messages: ask.messages, stream: true })) {
    if (event.type === "content_block_start") open = "";
    if (event.type === "content_block_delta" && event.delta.type === "input_json_delta") open += event.delta.partial_json;
    if (event.type === "content_block_stop") closed.push(open);
  }
  expect(closed).toEqual(['{"x":1}', '{"y":2}']);
});

test("embeddings: a thousand vectors in one answer, 24 MB of JSON, come whole, in the SDK's own encoding", async () => {
  const vector = Array.from({ length: 1_536 }, (_, index) => Math.sin(index) / 3);
  const { openai } = await startGatewayTo([["openai", vectorsOf(...Array.from({ length: 1_000 }, (_, index) => ({ object: "embedding", index, embedding: vector })))]]);
  const { data } = await openai.embeddings.create({ model: "chat", input: Array.from({ length: 1_000 }, (_, index) => `text ${index}`) });
  expect([data.length, new Set(data.map(({ index }) => index)).size]).toEqual([1_000, 1_000]);
  expect(Array.from(data.at(-1)!.embedding)).toEqual(vector.map(Math.fround));
});

test("chat: an answer without end is refused all the same", async () => {
  const endless: Answer = (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const piece = "x".repeat(1024 * 1024);
    for (let count = 0; count < 17; count++) response.write(piece);
    response.end();
  };
  const { openai } = await startGatewayTo([["openai", endless], ["openai", renamed("openai", "m-1")]]);
  expect((await openai.chat.completions.create(ask)).choices[0]!.message.content).toBe(expectedAnswer.text);
});

test.each([
  ["without its output", '{"input_tokens":7}'],
  ["empty", "{}"],
  ["null", "null"],
  ["with an output of null", '{"output_tokens":null}'],
])("anthropic: a last usage that is %s ends the answer, which is estimated", async (_, usage) => {
  const answer = saying("anthropic", "text", (text) => text.replace(/("type":"message_delta".*?"usage":)\{.*\}\}/, `$1${usage}}`));
  const { openai, anthropic, lines } = await startGatewayTo([["anthropic", answer]]);
  const stream = await openai.chat.completions.stream({ ...ask, stream_options: { include_usage: true } }).finalChatCompletion();
  expect([stream.choices[0]!.message.content, stream.choices[0]!.finish_reason]).toEqual([expectedAnswer.text, "stop"]);
  const own = await anthropic.messages.create({ ...ask, max_tokens: 20, stream: true });
  const types = (await Array.fromAsync(own)).map(({ type }) => type);
  expect(types.at(-1)).toBe("message_stop");
  expect(lines.filter(({ event }) => event === "contract_broken")).toEqual([]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChatRequest, Json, JsonObject, RequestSource } from "../../../kernel/chat.ts";
import { utf8Bytes, utf8Text } from "../../../kernel/utf8.ts";
import { clientDialects } from "../../dialects/clients.ts";
import { openaiClient } from "../../dialects/openai-client.ts";
import { upstreamDialects } from "../../dialects/upstreams.ts";
import type { Call } from "../call.ts";
import { configOf } from "../testing/rig.ts";
import { cacheKeyOf, canonicalJson } from "./key.ts";
import { readInPieces } from "../long-body.ts";
import { sha256 } from "../../http/sha256.ts";
import { canonicalPieces, longCacheKeyOf } from "./long-key.ts";
import { defaultCache, defaultSemantic } from "./settings.ts";

/** Texts that look like the key's own punctuation. */
const text = fc.constantFrom("Hi", "Ho", 'a","b', '"}', "\u001f");
const some = (...values: readonly unknown[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const chatTool = (name: string, rest: object = {}) => ({ type: "function", function: { name, ...rest } });
const schema = (strict: boolean) => ({ type: "json_schema", json_schema: { name: "n", schema: { type: "object" }, strict } });

const chatMessage = fc.oneof(
  fc.record({ role: fc.constantFrom("system", "user", "assistant"), content: text, name: some("ada", "bob") }, { requiredKeys: ["role", "content"] }),
  fc.record({ role: fc.constant("tool"), content: text, tool_call_id: fc.constantFrom("1", "2") }),
);
const chatBody = fc.record(
  {
    messages: fc.array(chatMessage, { minLength: 1, maxLength: 2 }),
    tools: some([chatTool("f")], [chatTool("f", { strict: true })], [chatTool("f"), chatTool("g")]),
    tool_choice: some("auto", "none", chatTool("f")),
    parallel_tool_calls: some(true, false),
    response_format: some({ type: "text" }, { type: "json_object" }, schema(true), schema(false)),
    seed: some(1, 2),
    stop: some("a", ["a"], ["a", "b"]),
    logit_bias: some({}, { "1": 2 }, { "1": 3 }),
    temperature: some(0, 1),
    top_p: some(0.5),
    max_tokens: some(1, 2),
    presence_penalty: some(0, 1),
    reasoning_effort: some("low", "high"),
    stream: some(true, false),
    user: some("u", "v"),
    n: some(1, 2),
    top_k: some(1, 2),
    frobnicate: some({ a: "b" }, { a: "c" }),
  },
  { requiredKeys: ["messages"] },
);
const messagesBody = fc.record(
  {
    max_tokens: fc.constantFrom(1, 2),
    system: fc.option(text, { nil: undefined }),
    messages: fc.array(fc.record({ role: fc.constantFrom("user", "assistant"), content: text }), { minLength: 1, maxLength: 2 }),
    top_k: some(1, 2),
    stop_sequences: some(["a"], ["b"]),
    thinking: some({ type: "disabled" }, { type: "enabled", budget_tokens: 1 }, { type: "enabled", budget_tokens: 2 }),
  },
  { requiredKeys: ["max_tokens", "messages"] },
);
const embeddingsBody = fc.record({ input: fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 2 })), dimensions: some(1, 2), encoding_format: some("float", "base64") }, { requiredKeys: ["input"] });

const asked = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant(openaiClient), chatBody) },
  { weight: 3, arbitrary: fc.tuple(fc.constant(openaiClient), fc.record({ messages: fc.array(chatMessage, { minLength: 1, maxLength: 2 }) })) },
  { weight: 3, arbitrary: fc.tuple(fc.constant(clientDialects["/v1/messages"]!), messagesBody) },
  { weight: 1, arbitrary: fc.tuple(fc.constant(clientDialects["/v1/embeddings"]!), embeddingsBody) },
);

const config = configOf();
const callOf = (chat: ChatRequest) => ({ chat, config, route: config.routes[0]!, team: "a", feature: "chat", reports: {} }) as unknown as Call;
const keyOf = (chat: ChatRequest) => cacheKeyOf(callOf(chat), defaultCache);

/** What each kind of provider would be sent, but for what shapes no answer. */
function sentUpstream(asked: ChatRequest): string {
  const { hints: _, source, ...chat } = asked;
  const request = { ...chat, stream: false, includeUsage: false };
  if (source !== undefined && source.untranslatable.length > 0) return ownWords(source);
  return config.deployments
    .map((deployment) => {
      const dialect = upstreamDialects[deployment.dialect];
      if (dialect.unsupportedParameters(request).length > 0) return "";
      return canonicalJson(JSON.parse(utf8Text(dialect.encodeRequest(request, deployment, "secret", {}).body)) as Json);
    })
    .join("\n");
}

/** The request as a deployment of its own format would be sent it. */
function ownWords({ text: body, format, headers }: RequestSource): string {
  const { user: _, stream: __, ...rest } = JSON.parse(body) as JsonObject;
  return canonicalJson({ format, headers, rest });
}

/** Null: refused. */
function decoded([dialect, body]: typeof asked extends fc.Arbitrary<infer T> ? T : never): ChatRequest | null {
  try {
    return dialect.decodeRequest(utf8Bytes(JSON.stringify({ model: "both", ...(body as JsonObject) })));
  } catch {
    return null;
  }
}

test("cacheKeyOf: requests with one key are one to every provider; one scope and one question are one key: laws", () => {
  const upstreamByKey = new Map<string, string>();
  const keyByQuestion = new Map<string, string>();
  let shared = 0;
  fc.assert(
    fc.property(asked, (each) => {
      const chat = decoded(each);
      fc.pre(chat !== null);
      const { exact, scope, question } = keyOf(chat);
      const upstream = sentUpstream(chat);
      if (upstreamByKey.has(exact)) shared++;
      expect(upstreamByKey.get(exact) ?? upstream).toBe(upstream);
      upstreamByKey.set(exact, upstream);
      if (question === null) return;
      const like = `${scope()}\n${question}`;
      expect(keyByQuestion.get(like) ?? exact).toBe(exact);
      keyByQuestion.set(like, exact);
    }),
    { numRuns: 6_000 },
  );
  expect(shared).toBeGreaterThan(100);
});

test("longCacheKeyOf: requests that were read in pieces have one key where it is one request to every provider: laws", async () => {
  const upstreamByKey = new Map<string, string>();
  const keyByQuestion = new Map<string, string>();
  const settings = { ...defaultCache, semantic: defaultSemantic };
  const pause = async () => {};
  let shared = 0;
  await fc.assert(
    fc.asyncProperty(asked, async (each) => {
      const [dialect, body] = each;
      const chat = decoded(each);
      fc.pre(chat !== null);
      const bytes = utf8Bytes(JSON.stringify({ model: "both", ...(body as JsonObject) }));
      const pieces = dialect.decodeRequest(await readInPieces(bytes, pause, { piece: 8, longString: 2 }));
      expect(pieces.source!.long).toBeDefined();
      const { exact, scope, question } = await longCacheKeyOf(callOf(pieces), settings, { newDigest: undefined, pause });
      const upstream = sentUpstream(chat);
      if (upstreamByKey.has(exact)) shared++;
      expect(upstreamByKey.get(exact) ?? upstream).toBe(upstream);
      upstreamByKey.set(exact, upstream);
      expect(question).toBe(keyOf(chat).question);
      if (question === null) return;
      const like = `${scope()}\n${question}`;
      expect(keyByQuestion.get(like) ?? exact).toBe(exact);
      keyByQuestion.set(like, exact);
    }),
    { numRuns: 3_000 },
  );
  expect(shared).toBeGreaterThan(50);
});

test("longCacheKeyOf: a digest stands for the request, and a word more or another half of a character is another one", async () => {
  const keys = new Set<string>();
  for (const content of ["x".repeat(200_000), `${"x".repeat(199_999)}y`, "x".repeat(200_001), `${"x".repeat(200_000)}\ud800`, `${"x".repeat(200_000)}\ud801`]) {
    const pieces = openaiClient.decodeRequest(await readInPieces(utf8Bytes(JSON.stringify({ model: "both", messages: [{ role: "user", content }] })), async () => {}));
    const { exact } = await longCacheKeyOf(callOf(pieces), defaultCache, { newDigest: sha256, pause: async () => {} });
    expect(exact.length).toBeLessThan(300);
    keys.add(exact);
  }
  expect(keys.size).toBe(5);
});

test("canonicalPieces: the pieces of a value are its canonicalJson: law", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 70_000), (value, length) => {
      const whole = { value, long: ["x".repeat(length)] } as unknown as Json;
      expect([...canonicalPieces(whole)].join("")).toBe(canonicalJson(whole));
    }),
  );
});

test("canonicalJson: long strings that differ, and what lies behind them, are different texts", () => {
  const long = "x".repeat(70_000);
  const values = [[long], [`${long}y`], [long, "a"], [`${long}","a`], [`${long},"a"`], [long, `#70000:${long}`], { a: long, b: 1 }, { a: `${long},"b":1` }, `#70000:${long}`];
  expect(new Set(values.map((value) => canonicalJson(value))).size).toBe(values.length);
  expect(canonicalJson({ b: long, a: 1 })).toBe(canonicalJson({ a: 1, b: long }));
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { defaultPii } from "../core/guards/settings.ts";
import { configOf, Rig } from "../core/testing/rig.ts";
import type { Script, Step } from "../core/testing/scripts.ts";
import { defaultCache } from "../core/cache/settings.ts";

/** Answers of a deployment that speaks the client's format reach the client as they came, but for the answer's id. */

type Dialect = "openai" | "openai_compatible" | "anthropic";

interface Asked {
  readonly dialect: Dialect;
  readonly body: readonly Step[];
  readonly stream?: boolean;
  readonly config?: object;
  readonly prompt?: string;
  readonly request?: object;
}

function startRig({ dialect, body, stream = true, config = {} }: Asked) {
  const clock = new VirtualClock();
  const script: Script = { before: [], status: 200, headers: { "content-type": stream ? "text/event-stream" : "application/json" }, body };
  const deployments = [{ name: "primary", dialect, model: "m-1", baseUrl: "http://primary/v1", credential: "env:P" }];
  const rig = new Rig(clock, { primary: () => script }, configOf({ deployments, routes: [{ name: "chat", deployments: ["primary"] }], ...config }));
  return { clock, rig };
}

async function answerFrom({ clock, rig }: ReturnType<typeof startRig>, { dialect, stream = true, prompt = "Hi", request = {} }: Asked) {
  const asked = { model: "chat", max_tokens: 99, stream, messages: [{ role: "user", content: prompt }], ...request };
  const path = dialect === "anthropic" ? "/v1/messages" : "/v1/chat/completions";
  const answering = (async () => {
    const response = await rig.gateway.handle({ method: "POST", path, headers: { authorization: "Bearer vk-a" }, body: utf8Bytes(JSON.stringify(asked)) }, neverSignal);
    let text = "";
    for await (const bytes of response.body) text += utf8Text(bytes);
    return text;
  })();
  await clock.run();
  return answering;
}

const answerTo = (asked: Asked) => answerFrom(startRig(asked), asked);

/** Without the gateway's own id and metadata. */
const likeProvider = (text: string, id: string) => text.replace(/"(?:msg_|chatcmpl-)[0-9a-f]{16}"/g, JSON.stringify(id)).replace(/,"metadata":\{"blastlab_attempts":"[^"]*"\}/g, "");

const event = (type: string, rest: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const start = event("message_start", { message: { id: "msg_up", type: "message", role: "assistant", model: "m-1", content: [], stop_reason: null, usage: { input_tokens: 5, cache_creation: { ephemeral_1h_input_tokens: 2 }, output_tokens: 1 } } });
const delta = (index: number, rest: object) => event("content_block_delta", { index, delta: rest });
const block = (index: number, content_block: object, ...deltas: readonly object[]) => event("content_block_start", { index, content_block }) + deltas.map((one) => delta(index, one)).join("") + event("content_block_stop", { index });
const closing = event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null, container: { id: "c" } }, usage: { output_tokens: 40, server_tool_use: { web_search_requests: 1 } } }) + event("message_stop");

const thinking = block(0, { type: "thinking", thinking: "", signature: "" }, { type: "thinking_delta", thinking: "Hm, ada@example.org" }, { type: "signature_delta", signature: "EqQBCgIYAhIM" });
const anthropicStream = [
  start, event("ping"), thinking,
  block(1, { type: "redacted_thinking", data: "EmwKAhgB" }),
  block(2, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }, { type: "input_json_delta", partial_json: '{"query":"x"}' }),
  block(3, { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [{ type: "web_search_result", url: "https://x", encrypted_content: "Eo8B" }] }),
  block(4, { type: "text", text: "", citations: [] }, { type: "citations_delta", citation: { type: "web_search_result_location", encrypted_index: "Eo8" } }, { type: "text_delta", text: "One" }),
  block(5, { type: "text", text: "" }, { type: "text_delta", text: " two" }),
  event("novelty", { of: "2027" }),
  block(6, { type: "tool_use", id: "toolu_1", name: "look", input: {} }, { type: "input_json_delta", partial_json: "" }, { type: "input_json_delta", partial_json: '{ "a":1.0}' }),
  closing,
].join("");

const chunk = (rest: object) => `data: ${JSON.stringify({ id: "chatcmpl-up", object: "chat.completion.chunk", created: 1, model: "m-1", system_fingerprint: "fp", ...rest })}\n\n`;
const choice = (index: number, of: object, finish_reason: string | null = null, rest: object = {}) => ({ index, delta: of, finish_reason, ...rest });
const openaiStream = [
  chunk({ choices: [choice(0, { role: "assistant", content: "" })], obfuscation: "x" }),
  chunk({ choices: [choice(0, { reasoning_content: "hm" })] }),
  chunk({ choices: [choice(0, { content: "One" }, null, { logprobs: { content: [{ token: "One", logprob: -0.10 }] } })] }),
  chunk({ choices: [choice(1, { role: "assistant", content: "Uno" })] }),
  chunk({ choices: [choice(0, { content: " two" }), choice(1, { content: " dos" })] }),
  chunk({ choices: [choice(0, { x_audio: { data: "AA" } })] }),
  chunk({ choices: [choice(0, { tool_calls: [{ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" }, extra_content: { google: { thought_signature: "c2ln" } } }] })] }),
  chunk({ choices: [choice(0, { tool_calls: [{ index: 0, function: { arguments: '{"x":1}' } }] })] }),
  chunk({ choices: [choice(0, {}, "tool_calls")] }),
  chunk({ choices: [choice(1, {}, "stop")] }),
  chunk({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, completion_tokens_details: { reasoning_tokens: 2 } } }),
].join("");

const asksForUsage = { stream_options: { include_usage: true } };

/** What matters is the order and the bytes of each event. */
const cut = (text: string, size: number) => Array.from({ length: Math.ceil(text.length / size) }, (_, index) => ({ text: text.slice(index * size, (index + 1) * size) }));

test("own answers: a stream of Anthropic's passes with thoughts, signatures, unknown blocks and unknown events, however it was cut: law", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 900 }), async (size) => {
      expect(likeProvider(await answerTo({ dialect: "anthropic", body: cut(anthropicStream, size) }), "msg_up")).toBe(anthropicStream);
    }),
    { numRuns: 40 },
  );
});

test.each(["openai", "openai_compatible"] as const)("own answers: a stream of %s passes with choices, probabilities, thoughts, signatures and unknown fields, however it was cut: law", async (dialect) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 900 }), async (size) => {
      const got = await answerTo({ dialect, body: cut(`${openaiStream}data: [DONE]\n\n`, size), request: asksForUsage });
      expect(likeProvider(got, "chatcmpl-up")).toBe(`${openaiStream}data: [DONE]\n\n`);
    }),
    { numRuns: 40 },
  );
});

test("own answers: text of a block that its server never opened gets a block, and a second message_start is left out", async () => {
  const text = start + start + delta(0, { type: "text_delta", text: "One" }) + delta(0, { type: "text_delta", text: " two" }) + event("content_block_stop", { index: 0 }) + closing;
  const opened = event("content_block_start", { index: 0, content_block: { type: "text", text: "", citations: null } });
  expect(likeProvider(await answerTo({ dialect: "anthropic", body: [{ text }] }), "msg_up")).toBe(
    start + opened + delta(0, { type: "text_delta", text: "One" }) + delta(0, { type: "text_delta", text: " two" }) + event("content_block_stop", { index: 0 }) + closing,
  );
});

test("own answers: the usage chunk is removed for a client that did not ask for it", async () => {
  const got = await answerTo({ dialect: "openai", body: [{ text: `${openaiStream}data: [DONE]\n\n` }] });
  expect(likeProvider(got, "chatcmpl-up")).toBe(`${openaiStream.split("\n\n").filter((one) => !one.includes("prompt_tokens")).join("\n\n")}data: [DONE]\n\n`);
});

const wholeMessage = `{"id":"msg_up","type":"message","role":"assistant","model":"m-1", "content":[{"type":"thinking","thinking":"hm","signature":"EqQB"},{"type":"mcp_tool_use","id":"m","name":"n","input":{"a":1.0}},{"type":"text","text":"[EMAIL_1] caf\\u00e9","citations":null}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2,"service_tier":"standard"}}`;
const wholeCompletion = `{"id":"chatcmpl-up","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","reasoning_content":"hm","annotations":[{"type":"url_citation"}]},"finish_reason":"stop","logprobs":{"content":[]}},{"index":1,"message":{"role":"assistant","content":"Ho"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"cost":0.10}}`;

test.each([
  ["anthropic", wholeMessage, "msg_up"],
  ["openai", wholeCompletion, "chatcmpl-up"],
  ["openai_compatible", wholeCompletion, "chatcmpl-up"],
] as const)("own answers: a whole answer of %s passes to the byte", async (dialect, text, id) => {
  expect(likeProvider(await answerTo({ dialect, body: [{ text }], stream: false }), id)).toBe(text);
});

test("own answers: guards restore and remove in every string, and leave signatures and numbers as they are", async () => {
  const guards = { pii: { ...defaultPii, answers: "scrub" as const }, injection: null, images: "pass" as const };
  const asked = { dialect: "anthropic", prompt: "I am bob@example.org", config: { guards } } as const;
  const whole = await answerTo({ ...asked, body: [{ text: wholeMessage }], stream: false });
  expect(likeProvider(whole, "msg_up")).toBe(wholeMessage.replace('"[EMAIL_1] caf\\u00e9"', '"bob@example.org café"'));
  const stream = likeProvider(await answerTo({ ...asked, body: [{ text: anthropicStream }] }), "msg_up");
  expect(stream).toContain('"thinking":"[EMAIL]"');
  for (const kept of ["EqQBCgIYAhIM", "EmwKAhgB", '"encrypted_content":"Eo8B"', "srvtoolu_1", "novelty"]) expect(stream).toContain(kept);
});

test("own answers: a stream that is continued elsewhere goes on in the block that is open, and ends once", async () => {
  const clock = new VirtualClock();
  const script = (text: string, ...then: readonly Step[]): Script => ({ before: [], status: 200, headers: { "content-type": "text/event-stream" }, body: [{ text }, ...then] });
  const first = start + thinking + event("content_block_start", { index: 1, content_block: { type: "text", text: "" } }) + delta(1, { type: "text_delta", text: "One two three four" });
  const second = start + block(0, { type: "thinking", thinking: "", signature: "" }, { type: "thinking_delta", thinking: "again" }) + block(1, { type: "text", text: "" }, { type: "text_delta", text: "One two three four five" }) + closing;
  const deployment = (name: string) => ({ name, dialect: "anthropic" as const, model: "m-1", baseUrl: `http://${name}/v1`, credential: "env:P" });
  const rig = new Rig(clock, { primary: () => script(first, { fail: "reset" }), backup: () => script(second) }, configOf({ deployments: [deployment("primary"), deployment("backup")], routes: [{ name: "chat", deployments: ["primary", "backup"] }] }));
  const got = await answerFrom({ clock, rig }, { dialect: "anthropic", body: [] });
  const events = got.split("\n\n").filter((one) => one !== "").map((one) => JSON.parse(one.slice(one.indexOf("data: ") + 6)) as { type: string; index?: number; delta?: { text?: string } });
  expect(events.map(({ type, index }) => `${type}${index ?? ""}`)).toEqual([
    "message_start", "content_block_start0", "content_block_delta0", "content_block_delta0", "content_block_stop0",
    "content_block_start1", "content_block_delta1", "content_block_delta1", "content_block_stop1", "message_delta", "message_stop",
  ]);
  expect(events.map(({ delta: one }) => one?.text ?? "").join("")).toBe("One two three four five");
  expect(got).not.toContain("again");
});

test("own answers: what the cache holds comes again as it came, where the request says what no other format can", async () => {
  const asked = { dialect: "anthropic", body: [{ text: anthropicStream }], config: { cache: defaultCache }, request: { thinking: { type: "enabled", budget_tokens: 1_024 } } } as const;
  const started = startRig(asked);
  const answers = [await answerFrom(started, asked), await answerFrom(started, asked)];
  expect(answers.map((text) => likeProvider(text, "msg_up"))).toEqual([anthropicStream, anthropicStream]);
  expect(started.rig.transport.seen).toHaveLength(1);
});

const custom = { id: "c", type: "custom", custom: { name: "x", input: "" } };
const done = "data: [DONE]\n\n";
const parts = [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }, { type: "text", text: "42" }, { type: "reference", reference_ids: [1] }];

test.each([
  ["calls of a custom tool", "openai", [{ role: "assistant", content: null, tool_calls: [{ index: 0, ...custom }] }, { tool_calls: [{ index: 0, custom: { input: "ls -l" } }] }], "tool_calls"],
  ["a call in the words of 2023", "openai", [{ role: "assistant", content: null, function_call: { name: "f", arguments: "" } }, { function_call: { arguments: "{}" } }], "function_call"],
  ["sound", "openai", [{ role: "assistant", content: null, audio: { id: "a", transcript: "h" } }, { audio: { data: "AA" } }], "stop"],
  ["content in parts", "openai_compatible", [{ role: "assistant", content: parts.slice(0, 1) }, { content: parts.slice(1) }], "stop"],
] as const)("own answers: %s passes from %s, and may take its time", async (_, dialect, deltas, finish) => {
  const text = [...deltas.map((one) => chunk({ choices: [choice(0, one)] })), chunk({ choices: [choice(0, {}, finish)] }), done];
  const body = text.flatMap((one) => [{ waitMs: 4_500 }, { text: one }]);
  expect(likeProvider(await answerTo({ dialect, body }), "chatcmpl-up").replaceAll(": keep-alive\n\n", "")).toBe(text.join(""));
});

test("own answers: a tool that the provider runs may take its time, and a reason to stop that nobody here knows passes", async () => {
  const ending = event("message_delta", { delta: { stop_reason: "novelty" }, usage: { output_tokens: 4 } }) + event("message_stop");
  const text = [start, block(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }), event("ping"), block(1, { type: "web_search_tool_result", tool_use_id: "s", content: [] }), block(2, { type: "text", text: "" }, { type: "text_delta", text: "Found" }), ending];
  const body = text.flatMap((one) => [{ waitMs: 4_500 }, { text: one }]);
  expect(likeProvider(await answerTo({ dialect: "anthropic", body }), "msg_up").replaceAll(": keep-alive\n\n", "")).toBe(text.join(""));
});

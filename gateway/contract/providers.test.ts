import Anthropic from "@anthropic-ai/sdk";
import { FunctionCallingConfigMode, GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { expect, onTestFinished, test } from "vitest";
import type { ChatRequest, GatewayDialect } from "../../kernel/chat.ts";
import { neverSignal } from "../../kernel/signal.ts";
import { eventsOf } from "../core/batches.ts";
import { collected } from "../core/collect.ts";
import { upstreamDialects } from "../dialects/upstreams.ts";
import { UndiciTransport } from "../http/transport.ts";
import type { Fixtures } from "./fixtures/fixture.ts";
import { fixturesOf } from "./support/gateway.ts";
import { mockProvider } from "./support/msw.ts";

const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const asked: ChatRequest = {
  model: "route",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Weather?" },
  ],
  stream: false,
  maxTokens: 20,
  temperature: 0.5,
  includeUsage: false,
  tools: [{ name: "get_weather", description: "Weather of a city", parameters: schema }],
  toolChoice: { name: "get_weather" },
  sampling: { topP: 0.9, stop: ["END"] },
};

const addresses = {
  openai: { baseUrl: "https://api.openai.com/v1", post: "https://api.openai.com/v1/chat/completions" },
  anthropic: { baseUrl: "https://api.anthropic.com/v1", post: "https://api.anthropic.com/v1/messages" },
  gemini: { baseUrl: "https://generativelanguage.googleapis.com/v1", post: "https://generativelanguage.googleapis.com/v1/models/*" },
} as const;

type Named = keyof typeof addresses;

/** An answer's content, apart from any wire format. */
interface Said {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly tokens: readonly [input: number, output: number];
}

async function byAdapter(dialect: GatewayDialect & Named, stream: boolean): Promise<Said> {
  const transport = new UndiciTransport(() => 1_000);
  onTestFinished(() => transport.close());
  const adapter = upstreamDialects[dialect];
  const deployment = { name: "d", dialect, model: "m-1", baseUrl: addresses[dialect].baseUrl, credential: "env:KEY" };
  const response = await transport.open(adapter.encodeRequest({ ...asked, stream }, deployment, "sk-secret", { "x-client-request-id": "r-1" }), neverSignal);
  const { text, toolCalls, usage } = collected(await eventsOf(adapter.decodeAnswer(response, stream, { model: "m-1" })));
  return { text, calls: toolCalls.map(({ name, arguments: json }) => ({ name, input: JSON.parse(json) as unknown })), tokens: [usage!.inputTokens, usage!.outputTokens] };
}

/** The same request through each provider's official client. */
const byOfficialClient: Readonly<Record<Named, (stream: boolean) => Promise<Said>>> = {
  openai: async (stream) => {
    const client = new OpenAI({ apiKey: "sk-secret", maxRetries: 0 });
    const request = {
      model: "m-1",
      messages: [{ role: "system" as const, content: "Be brief." }, { role: "user" as const, content: "Weather?" }],
      max_completion_tokens: 20,
      temperature: 0.5,
      top_p: 0.9,
      stop: ["END"],
      tools: [{ type: "function" as const, function: { name: "get_weather", description: "Weather of a city", parameters: schema } }],
      tool_choice: { type: "function" as const, function: { name: "get_weather" } },
    };
    const answer = stream ? await client.chat.completions.stream({ ...request, stream_options: { include_usage: true } }).finalChatCompletion() : await client.chat.completions.create({ ...request, stream: false });
    const { message } = answer.choices[0]!;
    const calls = (message.tool_calls ?? []).flatMap((call) => (call.type === "function" ? [{ name: call.function.name, input: JSON.parse(call.function.arguments) as unknown }] : []));
    return { text: message.content ?? "", calls, tokens: [answer.usage!.prompt_tokens, answer.usage!.completion_tokens] };
  },
  anthropic: async (stream) => {
    const client = new Anthropic({ apiKey: "sk-secret", maxRetries: 0 });
    const request = {
      model: "m-1",
      system: "Be brief.",
      messages: [{ role: "user" as const, content: "Weather?" }],
      max_tokens: 20,
      temperature: 0.5,
      top_p: 0.9,
      stop_sequences: ["END"],
      tools: [{ name: "get_weather", description: "Weather of a city", input_schema: { ...schema, type: "object" as const } }],
      tool_choice: { type: "tool" as const, name: "get_weather" },
    };
    const { content, usage } = stream ? await client.messages.stream(request as Anthropic.MessageStreamParams).finalMessage() : await client.messages.create({ ...request, stream: false } as Anthropic.MessageCreateParamsNonStreaming);
    const text = content.map((block) => (block.type === "text" ? block.text : "")).join("");
    return { text, calls: content.flatMap((block) => (block.type === "tool_use" ? [{ name: block.name, input: block.input }] : [])), tokens: [usage.input_tokens, usage.output_tokens] };
  },
  gemini: async (stream) => {
    const client = new GoogleGenAI({ apiKey: "sk-secret" });
    const config = {
      systemInstruction: "Be brief.",
      maxOutputTokens: 20,
      temperature: 0.5,
      topP: 0.9,
      stopSequences: ["END"],
      tools: [{ functionDeclarations: [{ name: "get_weather", description: "Weather of a city", parametersJsonSchema: schema }] }],
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ["get_weather"] } },
    };
    const request = { model: "m-1", contents: "Weather?", config };
    const answers = [];
    if (!stream) answers.push(await client.models.generateContent(request));
    else for await (const part of await client.models.generateContentStream(request)) answers.push(part);
    const parts = answers.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
    const text = parts.map((part) => (part.thought === true ? "" : (part.text ?? ""))).join("");
    const calls = parts.flatMap(({ functionCall }) => (functionCall === undefined ? [] : [{ name: functionCall.name ?? "", input: functionCall.args as unknown }]));
    const counts = answers.at(-1)?.usageMetadata;
    return { text, calls, tokens: [counts?.promptTokenCount ?? -1, counts?.candidatesTokenCount ?? -1] };
  },
};

/** Anthropic takes a key by either name: its newest client sends it as a bearer's. */
const credentialIn = (headers: Headers) => headers.get("x-goog-api-key") ?? headers.get("x-api-key") ?? headers.get("authorization")?.replace("Bearer ", "");

const names = Object.keys(addresses) as Named[];
const cases = names.flatMap((name) => ([false, true] as const).flatMap((stream) => (["text", "tools", "structured"] as const satisfies readonly (keyof Fixtures)[]).map((answer) => [name, answer, stream] as const)));

test.each(cases)("%s, answer %s, stream %s: the adapter reads what the provider's official client reads, having asked for the same", async (name, answer, stream) => {
  const fixture = fixturesOf[name][answer];
  const posted = await mockProvider(addresses[name].post, () => (stream ? { events: fixture.events } : { json: fixture.json }));
  const ours = await byAdapter(name, stream);
  const theirs = await byOfficialClient[name](stream);
  expect(ours).toEqual(theirs);
  const [sent, official] = posted as [(typeof posted)[0], (typeof posted)[0]];
  expect(sent.path).toBe(official.path);
  expect(sent.body).toEqual(name === "gemini" ? official.body : { stream, ...official.body });
  expect(sent.headers.get("x-client-request-id")).toBe("r-1");
  expect(credentialIn(sent.headers)).toBe("sk-secret");
  expect(credentialIn(official.headers)).toBe("sk-secret");
});

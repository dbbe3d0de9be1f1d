import type { ChatMessage, ChatRequest, ImagePart, Json, JsonObject, Sampling } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { BadRequest } from "../core/contracts.ts";
import type { LongBody } from "../core/long-body.ts";
import { readOnDemand } from "../core/long-text.ts";
import type { Reading } from "../core/reading.ts";
import { type Content, imageOfUrl, markedContent, readContent } from "./content-parts.ts";
import { type Fields, invalid, missing, sourceFields } from "./fields.ts";
import { hintNames } from "./openai-hints.ts";
import { belongingHeaders, headerRefusals } from "./request-headers.ts";
import { promptReferenceOf } from "./prompt-reference.ts";
import { openaiOutputOf, openaiToolChoiceOf, openaiToolsOf, openaiToolCallsOf } from "./openai-client-tools.ts";

/** Supported parameters. */
const supported = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "stop",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "logit_bias",
  "reasoning_effort",
  "verbosity",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "response_format",
  "prompt",
]);

/**
 * Parameters that would change the answer's shape and that not every provider supports: only their default value is
 * accepted.
 */
const neutral: Readonly<Record<string, Json>> = {
  n: 1,
  logprobs: false,
  functions: [],
  function_call: "none",
  modalities: ["text"],
  top_logprobs: 0,
  audio: null,
  prediction: null,
  web_search_options: null,
};

const neutralEntries = Object.entries(neutral);
const known: ReadonlySet<string> = new Set([...supported, ...hintNames, ...Object.keys(neutral)]);

/**
 * A chat completion request. What only OpenAI's format can say is recorded by name in its source: nothing that a client
 * asks for is dropped silently. `null` counts as absent, as in OpenAI's API. Throws `BadRequest` for what the gateway
 * itself must know: the route, the messages, whether to stream.
 */
export function* readRequest(body: Uint8Array | LongBody, headers: Headers = {}): Reading<ChatRequest> {
  const ownHeaders = belongingHeaders("openai", headers);
  const { fields, source, long } = sourceFields("openai", body, ownHeaders);
  fields.only(known);
  for (const [name, value] of neutralEntries) fields.neutral(name, value);
  for (const refusal of headerRefusals(ownHeaders)) fields.refuse(refusal);
  const stream = fields.boolean("stream") ?? false;
  const tools = fields.attempt(() => openaiToolsOf(fields), null);
  const toolChoice = fields.attempt(() => openaiToolChoiceOf(fields, tools), null);
  const parallelToolCalls = fields.attempt(() => fields.boolean("parallel_tool_calls"), null);
  const output = fields.attempt(() => openaiOutputOf(fields), null);
  const sampling = samplingOf(fields);
  const hints = hintsOf(fields);
  const prompt = promptReferenceOf(fields);
  const limitName = fields.get("max_completion_tokens") === null ? "max_tokens" : "max_completion_tokens";
  return {
    model: fields.requiredString("model"),
    messages: readOnDemand(yield* messagesOf(fields), long),
    stream,
    maxTokens: fields.attempt(() => fields.whole(limitName, 1), null),
    temperature: fields.attempt(() => fields.number("temperature", 0, 2), null),
    includeUsage: fields.attempt(() => includeUsageOf(fields, stream), false),
    ...(tools !== null && { tools }),
    ...(toolChoice !== null && { toolChoice }),
    ...(parallelToolCalls !== null && (tools !== null || prompt !== null) && { parallelToolCalls }),
    ...(output !== null && { output }),
    ...(sampling !== null && { sampling }),
    ...(hints !== null && { hints }),
    ...(prompt !== null && { prompt }),
    source: source(),
  };
}

const samplingNames = ["top_p", "stop", "seed", "presence_penalty", "frequency_penalty", "logit_bias", "reasoning_effort", "verbosity"];

function samplingOf(fields: Fields): Sampling | null {
  if (samplingNames.every((name) => fields.get(name) === null)) return null;
  const topP = fields.attempt(() => fields.number("top_p", 0, 1), null);
  const stop = fields.attempt(() => fields.strings("stop"), null);
  const seed = fields.attempt(() => fields.whole("seed", Number.MIN_SAFE_INTEGER), null);
  const presencePenalty = fields.attempt(() => fields.number("presence_penalty", -2, 2), null);
  const frequencyPenalty = fields.attempt(() => fields.number("frequency_penalty", -2, 2), null);
  const logitBias = fields.attempt(() => fields.object("logit_bias"), null);
  const reasoningEffort = fields.attempt(() => fields.string("reasoning_effort"), null);
  const verbosity = fields.attempt(() => fields.string("verbosity"), null);
  const sampling: Sampling = {
    ...(topP !== null && { topP }),
    ...(stop !== null && stop.length > 0 && { stop }),
    ...(seed !== null && { seed }),
    ...(presencePenalty !== null && { presencePenalty }),
    ...(frequencyPenalty !== null && { frequencyPenalty }),
    ...(logitBias !== null && logitBias.names().length > 0 && { logitBias: logitBias.json }),
    ...(reasoningEffort !== null && { reasoningEffort }),
    ...(verbosity !== null && { verbosity }),
  };
  return Object.keys(sampling).length === 0 ? null : sampling;
}

function hintsOf(fields: Fields): JsonObject | null {
  const names = Object.keys(fields.json).filter((name) => hintNames.has(name) && fields.get(name) !== null);
  return names.length === 0 ? null : Object.fromEntries(names.map((name) => [name, fields.get(name)]));
}

function includeUsageOf(fields: Fields, stream: boolean): boolean {
  const options = fields.object("stream_options");
  if (options === null) return false;
  options.only(streamOptions);
  if (!stream) throw new BadRequest("invalid_value", "Invalid 'stream_options': only allowed with 'stream': true.");
  return options.boolean("include_usage") ?? false;
}

/** Padding against eavesdroppers may be left out. */
const streamOptions: ReadonlySet<string> = new Set(["include_usage", "include_obfuscation"]);

function* messagesOf(fields: Fields): Reading<readonly ChatMessage[]> {
  const list = fields.get("messages");
  if (list === null) throw missing("messages");
  if (!Array.isArray(list) || (list.length === 0 && fields.get("prompt") === null)) throw invalid("messages", "an array of at least one message");
  const messages: ChatMessage[] = [];
  for (const message of fields.takeObjects("messages")) {
    messages.push(messageOf(message));
    yield;
  }
  return messages;
}

const roles: Readonly<Record<string, ChatMessage["role"]>> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
  tool: "tool",
};

/**
 * Other fields of an earlier assistant message (annotations, an SDK's parsed content) need not be sent back, and
 * neither do cache marks.
 */
const messageFields: ReadonlySet<string> = new Set([
  "role", "content", "name", "refusal", "tool_calls", "tool_call_id",
  "function_call", "audio", "annotations", "parsed", "cache_control",
]);

function messageOf(message: Fields): ChatMessage {
  message.only(messageFields);
  const role = message.attempt(() => roleOf(message), "user");
  message.neutral("function_call");
  message.neutral("audio");
  const toolCalls = role === "assistant" ? message.attempt(() => openaiToolCallsOf(message), null) : null;
  const plain = message.attempt(() => contentIn(message, role), { content: "" });
  const content = markedContent(plain, message.attempt(() => message.object("cache_control")?.json ?? null, null));
  if (role === "tool") return { role, ...content, toolCallId: message.attempt(() => message.requiredString("tool_call_id"), "") };
  const speaker = message.attempt(() => message.string("name"), null);
  return { role, ...content, ...(speaker !== null && { speaker }), ...(toolCalls !== null && { toolCalls }) };
}

function roleOf(message: Fields): ChatMessage["role"] {
  const name = message.get("role");
  const role = typeof name === "string" && Object.hasOwn(roles, name) ? roles[name] : undefined;
  if (role === undefined) throw invalid(message.at("role"), `one of ${Object.keys(roles).join(", ")}`);
  return role;
}

/** A refusal is the assistant's text. The assistant may have said nothing. Only users show images. */
function contentIn(message: Fields, role: ChatMessage["role"]): Content {
  const content = message.get("content");
  const refusal = message.string("refusal");
  if (content === null && refusal !== null) return { content: refusal };
  if (content === null && role === "assistant") return { content: "" };
  return readContent(message, "content", role === "user" ? { texts: ["text"], image } : { texts: role === "assistant" ? ["text", "refusal"] : ["text"] });
}

const imageFields: ReadonlySet<string> = new Set(["type", "image_url", "cache_control"]);
const urlFields: ReadonlySet<string> = new Set(["url", "detail"]);

const image = {
  type: "image_url",
  read: (part: Fields): ImagePart => {
    part.only(imageFields);
    const target = part.requiredObject("image_url");
    target.only(urlFields);
    return imageOfUrl(target.requiredString("url"), target.string("detail"));
  },
};

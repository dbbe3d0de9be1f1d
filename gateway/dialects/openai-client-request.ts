import type { ChatMessage, ChatRequest, Json, JsonObject, Sampling } from "../../kernel/chat.ts";
import { BadRequest } from "../core/contracts.ts";
import { bodyFields, type Fields, invalid, missing } from "./fields.ts";
import { asArray, asObject } from "./json.ts";
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
 * Parameters that cannot change an answer's content: providers that know them get them, and others do not need them.
 */
const hintNames = new Set([
  "user",
  "metadata",
  "store",
  "service_tier",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prompt_cache_options",
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
 * A chat completion request. Throws `BadRequest`, whose message names the parameter: nothing that a client asks for is
 * dropped silently. `null` counts as absent, as in OpenAI's API.
 */
export function decodeRequest(body: Uint8Array): ChatRequest {
  const fields = bodyFields(body);
  fields.only(known);
  for (const [name, value] of neutralEntries) fields.neutral(name, value);
  const stream = fields.boolean("stream") ?? false;
  const tools = openaiToolsOf(fields);
  const toolChoice = openaiToolChoiceOf(fields, tools);
  const parallelToolCalls = fields.boolean("parallel_tool_calls");
  const output = openaiOutputOf(fields);
  const sampling = samplingOf(fields);
  const hints = hintsOf(fields);
  const prompt = promptReferenceOf(fields);
  return {
    model: fields.requiredString("model"),
    messages: messagesOf(fields),
    stream,
    maxTokens: fields.whole(fields.get("max_completion_tokens") === null ? "max_tokens" : "max_completion_tokens", 1),
    temperature: fields.number("temperature", 0, 2),
    includeUsage: includeUsageOf(fields, stream),
    ...(tools !== null && { tools }),
    ...(toolChoice !== null && { toolChoice }),
    ...(parallelToolCalls !== null && (tools !== null || prompt !== null) && { parallelToolCalls }),
    ...(output !== null && { output }),
    ...(sampling !== null && { sampling }),
    ...(hints !== null && { hints }),
    ...(prompt !== null && { prompt }),
  };
}

function samplingOf(fields: Fields): Sampling | null {
  const topP = fields.number("top_p", 0, 1);
  const stop = fields.strings("stop");
  const seed = fields.whole("seed", Number.MIN_SAFE_INTEGER);
  const presencePenalty = fields.number("presence_penalty", -2, 2);
  const frequencyPenalty = fields.number("frequency_penalty", -2, 2);
  const logitBias = fields.object("logit_bias");
  const reasoningEffort = fields.string("reasoning_effort");
  const verbosity = fields.string("verbosity");
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
  const entries = fields.names().flatMap((name) => (hintNames.has(name) ? [[name, fields.get(name)] as const] : []));
  return entries.length === 0 ? null : Object.fromEntries(entries);
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

function messagesOf(fields: Fields): readonly ChatMessage[] {
  if (fields.get("messages") === null) throw missing("messages");
  if (!Array.isArray(fields.get("messages"))) throw invalid("messages", "an array of at least one message");
  const list = fields.objects("messages") ?? [];
  if (list.length === 0 && fields.get("prompt") === null) throw invalid("messages", "an array of at least one message");
  return list.map(messageOf);
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
  const name = message.get("role");
  const role = typeof name === "string" && Object.hasOwn(roles, name) ? roles[name] : undefined;
  if (role === undefined) throw invalid(message.at("role"), `one of ${Object.keys(roles).join(", ")}`);
  message.neutral("function_call");
  message.neutral("audio");
  const toolCalls = role === "assistant" ? openaiToolCallsOf(message) : null;
  const content = contentOf(message, toolCalls !== null);
  if (role === "tool") return { role, content, toolCallId: message.requiredString("tool_call_id") };
  const speaker = message.string("name");
  return { role, content, ...(speaker !== null && { speaker }), ...(toolCalls !== null && { toolCalls }) };
}

/** A refusal is the assistant's text. A message with tool calls may have no text. */
function contentOf(message: Fields, hasCalls: boolean): string {
  const content = message.get("content");
  const refusal = message.string("refusal");
  if (content === null && refusal !== null) return refusal;
  return content === null && hasCalls ? "" : textOf(content, message.at("content"), "text");
}

/** Text, or parts that are all text, of the given types. Also for other formats with the same kind of parts. */
export function textOf(value: Json | null, path: string, ...types: readonly string[]): string {
  if (typeof value === "string") return value;
  const parts = asArray(value ?? undefined);
  if (parts === null) throw invalid(path, "a string or an array of text parts");
  return parts.map((part, index) => partText(part, `${path}[${index}]`, types)).join("");
}

function partText(value: Json, path: string, types: readonly string[]): string {
  const part = asObject(value);
  const type = part?.["type"];
  if (typeof type !== "string" || !types.includes(type)) {
    throw new BadRequest("unsupported_content", `Unsupported '${path}': this gateway supports parts of type '${types.join("' or '")}' only.`);
  }
  const text = part?.["text"];
  if (typeof text !== "string") throw invalid(`${path}.text`, "a string");
  return text;
}

import type { ChatMessage, ChatRequest, Json, JsonObject } from "../../kernel/chat.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { BadRequest } from "../core/contracts.ts";
import { asArray, asObject, parseObject } from "./json.ts";

/** Parameters that go through. */
const carried = new Set(["model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature"]);

/** Parameters that cannot change what an answer says: accepted and left out. */
const harmless = new Set(["user", "metadata", "store", "seed", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"]);

/** Parameters that would change the answer and cannot be carried to every provider: only the value that means "as usual" passes. */
const neutral: Readonly<Record<string, Json>> = {
  n: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  logprobs: false,
  tools: [],
  tool_choice: "none",
  functions: [],
  function_call: "none",
  parallel_tool_calls: true,
  response_format: { type: "text" },
  modalities: ["text"],
  stop: [],
  logit_bias: {},
  top_logprobs: 0,
  audio: null,
  prediction: null,
  reasoning_effort: null,
  verbosity: null,
  web_search_options: null,
};

/**
 * A chat completion request. Throws `BadRequest`, the message naming the parameter: nothing that a client asks for is dropped in silence.
 * `null` counts as absent, as in OpenAI's API.
 */
export function decodeRequest(body: Uint8Array): ChatRequest {
  const object = parseObject(utf8Text(body));
  if (object === null) throw new BadRequest("invalid_json", "The body is not a JSON object.");
  refuseWhatCannotBeCarried(object);
  const stream = booleanOf(object, "stream") ?? false;
  return {
    model: modelOf(object),
    messages: messagesOf(object),
    stream,
    maxTokens: maxTokensOf(object),
    temperature: temperatureOf(object),
    includeUsage: includeUsageOf(object, stream),
  };
}

function refuseWhatCannotBeCarried(object: JsonObject): void {
  for (const [name, value] of Object.entries(object)) {
    if (value === null || carried.has(name) || harmless.has(name)) continue;
    if (!Object.hasOwn(neutral, name)) throw new BadRequest("unknown_parameter", `Unknown parameter: '${name.slice(0, 80)}'.`);
    if (JSON.stringify(value) !== JSON.stringify(neutral[name])) throw new BadRequest("unsupported_parameter", `Unsupported value of '${name}': this gateway cannot carry it to every provider.`);
  }
}

function invalid(name: string, expected: string): BadRequest {
  return new BadRequest("invalid_type", `Invalid '${name}': expected ${expected}.`);
}

function present(object: JsonObject, name: string): Json | null {
  return object[name] ?? null;
}

function modelOf(object: JsonObject): string {
  const model = present(object, "model");
  if (model === null) throw new BadRequest("missing_required_parameter", "Missing required parameter: 'model'.");
  if (typeof model !== "string" || model === "") throw invalid("model", "a string that is not empty");
  return model;
}

function booleanOf(object: JsonObject, name: string, path = name): boolean | null {
  const value = present(object, name);
  if (value !== null && typeof value !== "boolean") throw invalid(path, "a boolean");
  return value;
}

function maxTokensOf(object: JsonObject): number | null {
  const name = present(object, "max_completion_tokens") === null ? "max_tokens" : "max_completion_tokens";
  const value = present(object, name);
  if (value === null) return null;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) throw invalid(name, "a whole number from 1");
  return value;
}

function temperatureOf(object: JsonObject): number | null {
  const value = present(object, "temperature");
  if (value === null) return null;
  if (typeof value !== "number" || value < 0 || value > 2) throw invalid("temperature", "a number from 0 to 2");
  return value;
}

function includeUsageOf(object: JsonObject, stream: boolean): boolean {
  const value = present(object, "stream_options");
  if (value === null) return false;
  const options = asObject(value);
  if (options === null) throw invalid("stream_options", "an object");
  if (!stream) throw new BadRequest("invalid_value", "Invalid 'stream_options': only allowed with 'stream': true.");
  return booleanOf(options, "include_usage", "stream_options.include_usage") ?? false;
}

function messagesOf(object: JsonObject): readonly ChatMessage[] {
  const messages = present(object, "messages");
  if (messages === null) throw new BadRequest("missing_required_parameter", "Missing required parameter: 'messages'.");
  const list = asArray(messages);
  if (list === null || list.length === 0) throw invalid("messages", "an array of at least one message");
  return list.map((message, index) => messageOf(message, `messages[${index}]`));
}

const roles: Readonly<Record<string, ChatMessage["role"]>> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
  tool: "tool",
};

function messageOf(value: Json, path: string): ChatMessage {
  const message = asObject(value);
  if (message === null) throw invalid(path, "an object");
  const name = message["role"];
  const role = typeof name === "string" && Object.hasOwn(roles, name) ? roles[name] : undefined;
  if (role === undefined) throw invalid(`${path}.role`, `one of ${Object.keys(roles).join(", ")}`);
  if (present(message, "tool_calls") !== null) throw new BadRequest("unsupported_parameter", `Unsupported '${path}.tool_calls': this gateway carries text only.`);
  return { role, content: contentOf(message["content"] ?? null, `${path}.content`) };
}

/** Text, or parts that are all text. */
function contentOf(value: Json, path: string): string {
  if (typeof value === "string") return value;
  const parts = asArray(value);
  if (parts === null) throw invalid(path, "a string or an array of text parts");
  return parts.map((part, index) => partText(part, `${path}[${index}]`)).join("");
}

function partText(value: Json, path: string): string {
  const part = asObject(value);
  if (part?.["type"] !== "text") throw new BadRequest("unsupported_content", `Unsupported '${path}': this gateway carries parts of type 'text' only.`);
  const text = part["text"];
  if (typeof text !== "string") throw invalid(`${path}.text`, "a string");
  return text;
}

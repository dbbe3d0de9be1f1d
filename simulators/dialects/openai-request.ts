import type { ChatMessage, Json, JsonObject } from "../../kernel/chat.ts";
import type { Decoded } from "../core/contracts.ts";
import { asObject, contentText, parseObject } from "./json.ts";
import { openaiInvalid } from "./openai-faults.ts";
import { chatShape } from "./openai-shape.ts";

/** OpenAI's roles -> the kernel's. */
const roles: ReadonlyMap<Json | undefined, ChatMessage["role"]> = new Map([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["assistant", "assistant"],
  ["tool", "tool"],
]);

/** Decodes a chat completion request, or returns OpenAI's 400. */
export function decodeOpenai(body: Uint8Array): Decoded {
  const fields = parseObject(body);
  if (fields === null) return invalid("We could not parse the JSON body of your request.", null, null);
  const model = fields["model"];
  if (typeof model !== "string" || model === "") return invalid("you must provide a model parameter", "model", null);
  const messages = decodeMessages(fields["messages"]);
  if (typeof messages === "string") return invalid(messages, "messages", "invalid_type");
  return decodeOptions(fields, model, messages);
}

function decodeOptions(fields: JsonObject, model: string, messages: readonly ChatMessage[]): Decoded {
  const maxTokens = fields["max_completion_tokens"] ?? fields["max_tokens"] ?? null;
  if (maxTokens !== null && !isCount(maxTokens)) {
    return invalid("Invalid 'max_tokens': integer below minimum value. Expected a value >= 1.", "max_tokens", "integer_below_min_value");
  }
  const temperature = fields["temperature"] ?? null;
  if (temperature !== null && !(typeof temperature === "number" && temperature >= 0 && temperature <= 2)) {
    return invalid("Invalid 'temperature': expected a value between 0 and 2.", "temperature", "decimal_out_of_range");
  }
  const stream = fields["stream"] ?? false;
  if (typeof stream !== "boolean") return invalid("Invalid type for 'stream': expected a boolean.", "stream", "invalid_type");
  const options = fields["stream_options"] ?? null;
  if (options !== null && !stream) {
    return invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", null);
  }
  const includeUsage = asObject(options)?.["include_usage"] === true;
  const shape = chatShape(fields);
  return { ok: true, request: { model, messages, stream, maxTokens, temperature, includeUsage }, ...(shape.kind !== "text" && { shape }) };
}

/** The messages, or the problem with them. */
function decodeMessages(value: Json | undefined): ChatMessage[] | string {
  if (!Array.isArray(value)) return "Missing required parameter: 'messages'.";
  const list = value as readonly Json[];
  if (list.length === 0) return "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
  const messages: ChatMessage[] = [];
  for (const [index, item] of list.entries()) {
    const message = asObject(item);
    const role = roles.get(message?.["role"]);
    if (message === null || role === undefined) return `Invalid value for 'messages[${index}].role'.`;
    const content = message["content"] === null && role === "assistant" ? "" : contentText(message["content"]);
    if (content === null) return `Invalid type for 'messages[${index}].content': expected a string or an array of text parts.`;
    messages.push({ role, content });
  }
  return messages;
}

function isCount(value: Json): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1;
}

function invalid(message: string, param: string | null, code: string | null): Decoded {
  return { ok: false, fault: openaiInvalid(message, param, code) };
}

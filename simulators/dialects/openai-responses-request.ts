import type { ChatMessage, Json, JsonObject } from "../../kernel/chat.ts";
import type { Decoded } from "../core/contracts.ts";
import { asObject, contentText, parseObject } from "./json.ts";
import { openaiInvalid } from "./openai-faults.ts";
import { responseShape } from "./openai-shape.ts";

const roles: ReadonlyMap<Json | undefined, ChatMessage["role"]> = new Map([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["assistant", "assistant"],
]);

/** Decodes a response request, or returns OpenAI's 400. */
export function decodeResponses(body: Uint8Array): Decoded {
  const fields = parseObject(body);
  if (fields === null) return invalid("We could not parse the JSON body of your request.", null, null);
  const model = fields["model"];
  if (typeof model !== "string" || model === "") return invalid("Missing required parameter: 'model'.", "model", "missing_required_parameter");
  const messages = decodeInput(fields);
  if (typeof messages === "string") return invalid(messages, "input", "invalid_value");
  const maxTokens = fields["max_output_tokens"] ?? null;
  if (maxTokens !== null && !(typeof maxTokens === "number" && Number.isInteger(maxTokens) && maxTokens >= 1)) {
    return invalid("Invalid 'max_output_tokens': integer below minimum value.", "max_output_tokens", "integer_below_min_value");
  }
  const temperature = fields["temperature"] ?? null;
  if (temperature !== null && !(typeof temperature === "number" && temperature >= 0 && temperature <= 2)) {
    return invalid("Invalid 'temperature': expected a value between 0 and 2.", "temperature", "decimal_out_of_range");
  }
  const stream = fields["stream"] ?? false;
  if (typeof stream !== "boolean") return invalid("Invalid type for 'stream': expected a boolean.", "stream", "invalid_type");
  return { ok: true, request: { model, messages, stream, maxTokens, temperature, includeUsage: true }, shape: responseShape(fields) };
}

/** The instructions and input items as messages, or the problem with them. */
function decodeInput(fields: JsonObject): ChatMessage[] | string {
  const messages: ChatMessage[] = [];
  const instructions = fields["instructions"] ?? null;
  if (typeof instructions === "string") messages.push({ role: "system", content: instructions });
  else if (instructions !== null) return "Invalid type for 'instructions': expected a string.";
  const input = fields["input"] ?? null;
  if (input === null && typeof fields["previous_response_id"] === "string") return messages;
  if (typeof input === "string") return [...messages, { role: "user", content: input }];
  if (!Array.isArray(input)) return "Missing required parameter: 'input'.";
  for (const [index, item] of (input as readonly Json[]).entries()) {
    const message = messageOf(asObject(item));
    if (message === null) return `Invalid value for 'input[${index}]'.`;
    messages.push(message);
  }
  return messages.length === 0 ? "Invalid 'input': empty array." : messages;
}

/**
 * Items without a text for the answer: what the model thought, called and searched for, and what the provider keeps.
 */
const silentItems: ReadonlySet<Json | undefined> = new Set([
  "function_call", "custom_tool_call", "custom_tool_call_output", "reasoning", "item_reference", "compaction",
  "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_call", "mcp_list_tools",
]);

function messageOf(item: JsonObject | null): ChatMessage | null {
  if (item === null) return null;
  if (silentItems.has(item["type"])) return { role: "assistant", content: "" };
  if (item["type"] === "function_call_output") {
    const output = contentText(item["output"]);
    return output === null ? null : { role: "tool", content: output };
  }
  const role = roles.get(item["role"]);
  const content = contentText(item["content"]);
  return role === undefined || content === null ? null : { role, content };
}

function invalid(message: string, param: string | null, code: string | null): Decoded {
  return { ok: false, fault: openaiInvalid(message, param, code) };
}

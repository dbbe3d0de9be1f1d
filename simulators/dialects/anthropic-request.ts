import type { ChatMessage, Json, JsonObject } from "../../kernel/chat.ts";
import type { AnswerShape, Decoded } from "../core/contracts.ts";
import { anthropicFault } from "./anthropic-faults.ts";
import { asObject, contentText, parseObject } from "./json.ts";
import { choiceOf, objectsOf, shapeOf, toolsOf, type Asked } from "./shape.ts";

/** Decodes a messages request, or returns Anthropic's 400. A top-level `system` becomes the first message. */
export function decodeAnthropic(body: Uint8Array): Decoded {
  const fields = parseObject(body);
  if (fields === null) return invalid("The request body is not valid JSON.");
  const model = fields["model"];
  if (typeof model !== "string" || model === "") return invalid("model: Field required");
  const maxTokens = fields["max_tokens"];
  if (maxTokens === undefined) return invalid("max_tokens: Field required");
  if (typeof maxTokens !== "number" || !Number.isInteger(maxTokens) || maxTokens < 1) {
    return invalid("max_tokens: Input should be greater than or equal to 1");
  }
  const temperature = fields["temperature"] ?? null;
  if (temperature !== null && !(typeof temperature === "number" && temperature >= 0 && temperature <= 1)) {
    return invalid("temperature: Input should be between 0 and 1");
  }
  const stream = fields["stream"] ?? false;
  if (typeof stream !== "boolean") return invalid("stream: Input should be a valid boolean");
  const messages = decodeMessages(fields["system"], fields["messages"]);
  if (typeof messages === "string") return invalid(messages);
  const shape = anthropicShape(fields);
  return { ok: true, request: { model, messages, stream, maxTokens, temperature, includeUsage: true }, ...(shape.kind !== "text" && { shape }) };
}

/** The messages, or the problem with them. */
function decodeMessages(system: Json | undefined, value: Json | undefined): ChatMessage[] | string {
  const messages: ChatMessage[] = [];
  if (system !== undefined) {
    const content = contentText(system);
    if (content === null) return "system: Input should be a valid string";
    messages.push({ role: "system", content });
  }
  if (!Array.isArray(value)) return "messages: Field required";
  const list = value as readonly Json[];
  if (list.length === 0) return "messages: at least one message is required";
  for (const [index, item] of list.entries()) {
    const message = asObject(item);
    const role = message?.["role"];
    if (message === null || (role !== "user" && role !== "assistant")) return `messages.${index}.role: Input should be 'user' or 'assistant'`;
    const blocks = toolBlocks(message);
    if (blocks !== null) {
      messages.push({ role: hasResult(message) ? "tool" : role, content: blocks });
      continue;
    }
    const content = contentText(message["content"]);
    if (content === null || content === "") return `messages.${index}: content must be non-empty text`;
    messages.push({ role, content });
  }
  return messages;
}

/** The text of a message with tool calls or tool results. Null for any other message. */
function toolBlocks(message: JsonObject): string | null {
  const blocks = objectsOf(message["content"]);
  if (!blocks.some((block) => block["type"] === "tool_use" || block["type"] === "tool_result")) return null;
  return blocks.map((block) => (block["type"] === "tool_result" ? contentText(block["content"]) : contentText([block])) ?? "").join("");
}

const hasResult = (message: JsonObject) => objectsOf(message["content"]).some((block) => block["type"] === "tool_result");

/** The requested form of the answer, from `tools`, `tool_choice`, `output_config.format` (and its older name). */
function anthropicShape(fields: JsonObject): AnswerShape {
  const choice = asObject(fields["tool_choice"]);
  const name = choice?.["name"];
  const format = asObject(asObject(fields["output_config"])?.["format"] ?? fields["output_format"]);
  const last = objectsOf(fields["messages"]).at(-1);
  const mode: Asked["choice"] =
    choice?.["type"] === "tool" && typeof name === "string" ? { mode: "named", name } : choiceOf(choice?.["type"], { none: "none", required: "any" });
  return shapeOf({
    tools: toolsOf(objectsOf(fields["tools"]), "name", "input_schema"),
    choice: mode,
    afterResult: last !== undefined && hasResult(last),
    ...(format?.["type"] === "json_schema" && { json: asObject(format["schema"]) }),
  });
}

function invalid(message: string): Decoded {
  return { ok: false, fault: anthropicFault(400, message) };
}

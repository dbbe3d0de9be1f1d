import type { ChatMessage, Json, JsonObject } from "../../kernel/chat.ts";
import type { AnswerShape, Decoded } from "../core/contracts.ts";
import { bedrockFault } from "./bedrock-faults.ts";
import { asObject, parseObject, pathSegments } from "./json.ts";
import { objectsOf, shapeOf, toolsOf, type Asked } from "./shape.ts";

/** Model and operation of `/model/{modelId}/converse[-stream]`. Null for any other path. */
export function bedrockCall(path: string): { readonly model: string; readonly stream: boolean } | null {
  const segments = pathSegments(path);
  if (segments === null || segments.length !== 3 || segments[0] !== "model" || segments[1] === "") return null;
  const operation = segments[2];
  if (operation !== "converse" && operation !== "converse-stream") return null;
  return { model: segments[1]!, stream: operation === "converse-stream" };
}

/** Decodes a Converse request, or returns Bedrock's ValidationException. Model and stream are in the path. */
export function decodeBedrock(body: Uint8Array, path: string): Decoded {
  const call = bedrockCall(path);
  const fields = parseObject(body);
  if (call === null || fields === null) return invalid("The request body is not valid JSON.");
  const messages = decodeMessages(fields);
  if (typeof messages === "string") return invalid(messages);
  const inference = asObject(fields["inferenceConfig"]) ?? {};
  const maxTokens = inference["maxTokens"] ?? null;
  if (maxTokens !== null && !(typeof maxTokens === "number" && Number.isInteger(maxTokens) && maxTokens >= 1)) {
    return invalid("1 validation error detected: Value at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1");
  }
  const temperature = inference["temperature"] ?? null;
  if (temperature !== null && !(typeof temperature === "number" && temperature >= 0 && temperature <= 1)) {
    return invalid("1 validation error detected: Value at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value between 0 and 1");
  }
  return { ok: true, request: { ...call, messages, maxTokens, temperature, includeUsage: true }, shape: bedrockShape(fields) };
}

/** The system blocks and messages, or the problem with them. */
function decodeMessages(fields: JsonObject): ChatMessage[] | string {
  const system = objectsOf(fields["system"]).map((block) => (typeof block["text"] === "string" ? block["text"] : ""));
  const messages: ChatMessage[] = system.length === 0 ? [] : [{ role: "system", content: system.join("\n") }];
  const list = fields["messages"];
  if (!Array.isArray(list) || list.length === 0) return "The messages field is required. Add a message to your request and try again.";
  for (const [index, item] of (list as readonly Json[]).entries()) {
    const message = asObject(item);
    const role = message?.["role"];
    if (message === null || (role !== "user" && role !== "assistant")) {
      return `1 validation error detected: Value at 'messages.${index + 1}.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]`;
    }
    const blocks = objectsOf(message["content"]);
    if (blocks.length === 0) return `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`;
    const content = blocks.map((block) => (typeof block["text"] === "string" ? block["text"] : "")).join("");
    messages.push({ role: isResult(message) ? "tool" : role, content });
  }
  return messages;
}

const isResult = (message: JsonObject) => objectsOf(message["content"]).some((block) => block["toolResult"] !== undefined);

function bedrockShape(fields: JsonObject): AnswerShape {
  const config = asObject(fields["toolConfig"]);
  const specs = objectsOf(config?.["tools"]).map((tool) => asObject(tool["toolSpec"]) ?? {});
  const tools = specs.flatMap((spec) => toolsOf([{ name: spec["name"] ?? null, schema: asObject(spec["inputSchema"])?.["json"] ?? null }], "name", "schema"));
  const last = objectsOf(fields["messages"]).at(-1);
  return shapeOf({ tools, choice: choice(asObject(config?.["toolChoice"])), afterResult: last !== undefined && isResult(last) });
}

function choice(value: JsonObject | null): Asked["choice"] {
  const name = asObject(value?.["tool"])?.["name"];
  if (typeof name === "string") return { mode: "named", name };
  return { mode: value?.["any"] === undefined ? "auto" : "required" };
}

function invalid(message: string): Decoded {
  return { ok: false, fault: bedrockFault(400, message) };
}

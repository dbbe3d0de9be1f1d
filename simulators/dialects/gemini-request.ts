import type { ChatMessage, Json, JsonObject } from "../../kernel/chat.ts";
import type { AnswerShape, Decoded } from "../core/contracts.ts";
import { geminiFault } from "./gemini-faults.ts";
import { asObject, parseObject, pathSegments } from "./json.ts";
import { choiceOf, objectsOf, shapeOf, toolsOf, type Asked } from "./shape.ts";

/**
 * Model and method of `/v1beta/models/{model}:{method}`. Null for any other path. Vertex's longer paths end the same
 * way.
 */
export function geminiCall(path: string): { readonly model: string; readonly method: string } | null {
  const segments = pathSegments(path);
  if (segments === null || !/^v1(beta\d*|alpha)?$/.test(segments[0] ?? "") || segments.at(-2) !== "models") return null;
  const match = /^(.+):(\w+)$/.exec(segments.at(-1)!);
  return match === null ? null : { model: match[1]!, method: match[2]! };
}

/** Decodes a generateContent request, or returns Gemini's 400. Model and stream are in the path. */
export function decodeGemini(body: Uint8Array, path: string): Decoded {
  const call = geminiCall(path);
  const fields = parseObject(body);
  if (call === null || fields === null) return invalid("Invalid JSON payload received. Unexpected end of string.");
  const messages = decodeContents(fields);
  if (typeof messages === "string") return invalid(messages);
  const config = asObject(fields["generationConfig"]) ?? {};
  const maxTokens = config["maxOutputTokens"] ?? null;
  if (maxTokens !== null && !(typeof maxTokens === "number" && Number.isInteger(maxTokens) && maxTokens >= 1)) {
    return invalid("Unable to submit request because it has a maxOutputTokens value out of the supported range from 1.");
  }
  const temperature = config["temperature"] ?? null;
  if (temperature !== null && !(typeof temperature === "number" && temperature >= 0 && temperature <= 2)) {
    return invalid("Unable to submit request because it has a temperature value out of the supported range from 0 to 2.");
  }
  const stream = call.method === "streamGenerateContent";
  return { ok: true, request: { model: call.model, messages, stream, maxTokens, temperature, includeUsage: true }, shape: geminiShape(fields, config) };
}

/** The system instruction and contents as messages, or the problem with them. */
function decodeContents(fields: JsonObject): ChatMessage[] | string {
  const messages: ChatMessage[] = [];
  const system = asObject(fields["systemInstruction"] ?? fields["system_instruction"]);
  if (system !== null) messages.push({ role: "system", content: partsText(system) ?? "" });
  const contents = fields["contents"];
  if (!Array.isArray(contents) || contents.length === 0) return "* GenerateContentRequest.contents: contents is not specified";
  for (const [index, item] of (contents as readonly Json[]).entries()) {
    const content = asObject(item);
    const role = content?.["role"] ?? "user";
    if (content === null || (role !== "user" && role !== "model" && role !== "function")) return `* GenerateContentRequest.contents[${index}].role: Please use a valid role: user, model.`;
    const text = partsText(content);
    if (text === null) return `* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.`;
    messages.push({ role: hasResult(content) ? "tool" : role === "model" ? "assistant" : "user", content: text });
  }
  return messages;
}

/** The text of a content's parts. Null when it has no part. Calls and results have no text. */
function partsText(content: JsonObject): string | null {
  const parts = objectsOf(content["parts"]);
  if (parts.length === 0) return null;
  return parts.map((part) => (typeof part["text"] === "string" ? part["text"] : "")).join("");
}

const hasResult = (content: JsonObject) => objectsOf(content["parts"]).some((part) => part["functionResponse"] !== undefined);

function geminiShape(fields: JsonObject, config: JsonObject): AnswerShape {
  const declared = objectsOf(fields["tools"]).flatMap((tool) => objectsOf(tool["functionDeclarations"]));
  const schemaField = declared.some((one) => one["parametersJsonSchema"] !== undefined) ? "parametersJsonSchema" : "parameters";
  const calling = asObject(asObject(fields["toolConfig"])?.["functionCallingConfig"]);
  const allowed = calling?.["allowedFunctionNames"];
  const named = Array.isArray(allowed) ? (allowed as readonly Json[])[0] : undefined;
  const choice: Asked["choice"] =
    calling?.["mode"] === "ANY" && typeof named === "string" ? { mode: "named", name: named } : choiceOf(calling?.["mode"], { none: "NONE", required: "ANY" });
  const last = objectsOf(fields["contents"]).at(-1);
  const isJson = config["responseMimeType"] === "application/json";
  return shapeOf({
    tools: toolsOf(declared, "name", schemaField),
    choice,
    afterResult: last !== undefined && hasResult(last),
    ...(isJson && { json: asObject(config["responseJsonSchema"] ?? config["responseSchema"]) }),
  });
}

function invalid(message: string): Decoded {
  return { ok: false, fault: geminiFault(400, message) };
}

import type { ChatMessage, ChatRequest, Json, JsonObject, OutputFormat, Sampling, ToolCall, ToolChoice, ToolDefinition } from "../../kernel/chat.ts";
import { BadRequest } from "../core/contracts.ts";
import { bodyFields, type Fields, invalid, missing, unsupported } from "./fields.ts";
import { asArray } from "./json.ts";
import { textOf } from "./openai-client-request.ts";

const supported = new Set(["model", "max_tokens", "messages", "system", "stream", "temperature", "top_p", "top_k", "stop_sequences", "tools", "tool_choice", "output_config"]);

/** Parameters that change no answer: prompt caching, tiers, bookkeeping. `metadata.user_id` is OpenAI's `user`. */
const ignored = new Set(["metadata", "service_tier", "cache_control", "diagnostics"]);

const known: ReadonlySet<string> = new Set([...supported, ...ignored, "thinking", "container", "speed", "inference_geo"]);

/** By the type of a block: its supported fields, and cache marks. */
const blockFields: Readonly<Record<string, ReadonlySet<string>>> = {
  text: new Set(["type", "text", "cache_control", "citations"]),
  tool_use: new Set(["type", "id", "name", "input", "cache_control", "caller"]),
  tool_result: new Set(["type", "tool_use_id", "content", "is_error", "cache_control"]),
};
const turnFields: ReadonlySet<string> = new Set(["role", "content"]);
const choiceNames: ReadonlySet<string> = new Set(["type", "name", "disable_parallel_tool_use"]);
const toolFields: ReadonlySet<string> = new Set([
  "type", "name", "description", "input_schema", "strict",
  "cache_control", "eager_input_streaming", "allowed_callers", "defer_loading", "input_examples",
]);

/** A messages request (Anthropic, version 2023-06-01). Throws `BadRequest`, the message naming the parameter. */
export function decodeMessagesRequest(body: Uint8Array): ChatRequest {
  const fields = bodyFields(body);
  fields.neutral("thinking", { type: "disabled" });
  fields.neutral("container");
  fields.neutral("speed", "standard");
  /** Where an answer is generated is a promise to somebody: a failover must not break it. */
  fields.neutral("inference_geo", "global");
  fields.only(known);
  const maxTokens = fields.whole("max_tokens", 1);
  if (maxTokens === null) throw missing("max_tokens");
  const tools = toolsOf(fields);
  const choice = fields.object("tool_choice");
  const sampling = samplingOf(fields);
  const userId = fields.object("metadata")?.string("user_id") ?? null;
  const turns = turnsOf(fields);
  const last = turns.at(-1);
  return {
    model: fields.requiredString("model"),
    messages: [...systemOf(fields), ...turns],
    stream: fields.boolean("stream") ?? false,
    maxTokens,
    temperature: fields.number("temperature", 0, 1),
    includeUsage: true,
    ...(last?.role === "assistant" && last.toolCalls === undefined && { prefilled: true }),
    ...(tools !== null && { tools }),
    ...(choice !== null && choiceFields(choice, tools)),
    ...outputFields(fields),
    ...(sampling !== null && { sampling }),
    ...(userId !== null && { hints: { user: userId } satisfies JsonObject }),
  };
}

function systemOf(fields: Fields): readonly ChatMessage[] {
  const system = fields.get("system");
  return system === null ? [] : [{ role: "system", content: textOf(system, "system", "text") }];
}

function turnsOf(fields: Fields): readonly ChatMessage[] {
  const turns = fields.objects("messages");
  if (turns === null) throw missing("messages");
  if (turns.length === 0) throw invalid("messages", "an array of at least one message");
  return turns.flatMap(turnOf);
}

/** One turn may become several messages: the results of tools, then what the user says. */
function turnOf(turn: Fields): readonly ChatMessage[] {
  turn.only(turnFields);
  const role = turn.get("role");
  if (role !== "user" && role !== "assistant") throw invalid(turn.at("role"), "user or assistant");
  const content = turn.get("content");
  if (typeof content === "string") return [{ role, content }];
  const blocks = asArray(content ?? undefined) === null ? null : turn.objects("content");
  if (blocks === null) throw invalid(turn.at("content"), "a string or an array of blocks");
  const text = blocks.filter((block) => block.get("type") === "text").map((block) => requiredText(block)).join("");
  for (const block of blocks) refuseBlock(block, role);
  if (role === "assistant") {
    const toolCalls = blocks.filter((block) => block.get("type") === "tool_use").map(callOf);
    return [{ role, content: text, ...(toolCalls.length > 0 && { toolCalls }) }];
  }
  const results = blocks.filter((block) => block.get("type") === "tool_result").map(resultOf);
  return text === "" && results.length > 0 ? results : [...results, { role, content: text }];
}

function requiredText(block: Fields): string {
  const text = block.string("text");
  if (text === null) throw missing(block.at("text"));
  return text;
}

const blockTypes = { user: ["text", "tool_result"], assistant: ["text", "tool_use"] } as const;

function refuseBlock(block: Fields, role: "user" | "assistant"): void {
  const types: readonly string[] = blockTypes[role];
  const type = block.get("type");
  if (typeof type === "string" && types.includes(type)) {
    block.neutral("citations", []);
    block.neutral("caller", { type: "direct" });
    return block.only(blockFields[type]!);
  }
  const path = block.at("type").replace(/\.type$/, "");
  throw new BadRequest("unsupported_content", `Unsupported '${path}': of a turn of '${role}', this gateway supports blocks of type '${types.join("' or '")}' only.`);
}

function callOf(block: Fields): ToolCall {
  return { id: block.requiredString("id"), name: block.requiredString("name"), arguments: JSON.stringify(block.object("input")?.json ?? {}) };
}

function resultOf(block: Fields): ChatMessage {
  const content = block.get("content");
  const text = content === null ? "" : textOf(content, block.at("content"), "text");
  return { role: "tool", content: text, toolCallId: block.requiredString("tool_use_id"), ...(block.boolean("is_error") === true && { isError: true }) };
}

function toolsOf(fields: Fields): readonly ToolDefinition[] | null {
  const tools = fields.objects("tools");
  if (tools === null || tools.length === 0) return null;
  return tools.map((tool, index) => {
    const type = tool.get("type");
    if (type !== null && type !== "custom") {
      throw unsupported(`Unsupported value of 'tools': this gateway supports tools of the client's own only, item ${index} is the provider's.`);
    }
    tool.neutral("allowed_callers", ["direct"]);
    tool.neutral("defer_loading", false);
    tool.neutral("input_examples", []);
    tool.only(toolFields);
    const description = tool.string("description");
    const strict = tool.boolean("strict");
    return {
      name: tool.requiredString("name"),
      ...(description !== null && { description }),
      parameters: tool.requiredObject("input_schema").json,
      ...(strict !== null && { strict }),
    };
  });
}

function choiceFields(choice: Fields, tools: readonly ToolDefinition[] | null): Pick<ChatRequest, "toolChoice" | "parallelToolCalls"> {
  choice.only(choiceNames);
  const chosen = choiceOf(choice);
  if (tools === null) {
    if (chosen === "none" || chosen === "auto") return {};
    throw new BadRequest("invalid_value", "Invalid 'tool_choice': only allowed with 'tools'.");
  }
  const isSingle = choice.boolean("disable_parallel_tool_use") === true;
  return { toolChoice: chosen, ...(isSingle && { parallelToolCalls: false }) };
}

function choiceOf(choice: Fields): ToolChoice {
  const type: Json | null = choice.get("type");
  if (type === "auto" || type === "none") return type;
  if (type === "any") return "required";
  if (type === "tool") return { name: choice.requiredString("name") };
  throw invalid(choice.at("type"), "auto, any, tool or none");
}

function outputFields(fields: Fields): { output?: OutputFormat } {
  const config = fields.object("output_config");
  if (config === null) return {};
  config.only(new Set(["format", "effort"]));
  config.neutral("effort");
  const format = config.object("format");
  if (format === null) return {};
  if (format.get("type") !== "json_schema") throw invalid(format.at("type"), "json_schema");
  return { output: { type: "json_schema", name: "answer", schema: format.requiredObject("schema").json, strict: true } };
}

function samplingOf(fields: Fields): Sampling | null {
  const topP = fields.number("top_p", 0, 1);
  const topK = fields.whole("top_k", 1);
  const stop = fields.strings("stop_sequences");
  if (topP === null && topK === null && (stop === null || stop.length === 0)) return null;
  return { ...(topP !== null && { topP }), ...(topK !== null && { topK }), ...(stop !== null && stop.length > 0 && { stop }) };
}

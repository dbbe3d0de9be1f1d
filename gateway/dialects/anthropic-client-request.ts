import type { ChatMessage, ChatRequest, ContentPart, ImagePart, Json, JsonObject, OutputFormat, Sampling, ToolCall, ToolChoice, ToolDefinition } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { BadRequest } from "../core/contracts.ts";
import type { LongBody } from "../core/long-body.ts";
import { readOnDemand } from "../core/long-text.ts";
import type { Reading } from "../core/reading.ts";
import { type Content, contentOf, cacheField, pathOf, readContent, readText } from "./content-parts.ts";
import { type Fields, invalid, missing, sourceFields, unsupported } from "./fields.ts";
import { asArray } from "./json.ts";
import { belongingHeaders, headerRefusals } from "./request-headers.ts";

const supported = new Set(["model", "max_tokens", "messages", "system", "stream", "temperature", "top_p", "top_k", "stop_sequences", "tools", "tool_choice", "output_config"]);

/** Parameters that change no answer: prompt caching, tiers, bookkeeping. `metadata.user_id` is OpenAI's `user`. */
const ignored = new Set(["metadata", "service_tier", "cache_control", "diagnostics"]);

const known: ReadonlySet<string> = new Set([...supported, ...ignored, "thinking", "container", "speed", "inference_geo"]);

/** By the type of a block: its supported fields, and cache marks. */
const blockFields: Readonly<Record<string, ReadonlySet<string>>> = {
  image: new Set(["type", "source", "cache_control"]),
  tool_use: new Set(["type", "id", "name", "input", "cache_control", "caller"]),
  tool_result: new Set(["type", "tool_use_id", "content", "is_error", "cache_control"]),
};
const turnFields: ReadonlySet<string> = new Set(["role", "content"]);
const choiceNames: ReadonlySet<string> = new Set(["type", "name", "disable_parallel_tool_use"]);
const toolFields: ReadonlySet<string> = new Set([
  "type", "name", "description", "input_schema", "strict",
  "cache_control", "eager_input_streaming", "allowed_callers", "defer_loading", "input_examples",
]);

/**
 * A messages request (Anthropic, version 2023-06-01). What only Anthropic's format can say is recorded by name in its
 * source. Throws `BadRequest` for what the gateway itself must know: the route, the messages, whether to stream.
 */
export function* readMessagesRequest(body: Uint8Array | LongBody, headers: Headers = {}): Reading<ChatRequest> {
  const ownHeaders = belongingHeaders("anthropic", headers);
  const { fields, source, long } = sourceFields("anthropic", body, ownHeaders);
  for (const refusal of headerRefusals(ownHeaders)) fields.refuse(refusal);
  fields.neutral("thinking", { type: "disabled" });
  fields.neutral("container");
  fields.neutral("speed", "standard");
  /** Where an answer is generated is a promise to somebody: a failover must not break it. */
  fields.neutral("inference_geo", "global");
  fields.only(known);
  const maxTokens = fields.attempt(() => limitOf(fields), null);
  const tools = fields.attempt(() => toolsOf(fields), null);
  const choice = fields.attempt(() => fields.object("tool_choice"), null);
  const sampling = samplingOf(fields);
  const userId = fields.attempt(() => fields.object("metadata")?.string("user_id") ?? null, null);
  const turns = yield* turnsOf(fields);
  const last = turns.at(-1);
  return {
    model: fields.requiredString("model"),
    messages: readOnDemand([...systemOf(fields), ...turns], long),
    stream: fields.boolean("stream") ?? false,
    maxTokens,
    temperature: fields.attempt(() => fields.number("temperature", 0, 1), null),
    includeUsage: true,
    ...(last?.role === "assistant" && last.toolCalls === undefined && { prefilled: true }),
    ...(tools !== null && { tools }),
    ...(choice !== null && fields.attempt(() => choiceFields(choice, tools), {})),
    ...fields.attempt(() => outputFields(fields), {}),
    ...(sampling !== null && { sampling }),
    ...(userId !== null && { hints: { user: userId } satisfies JsonObject }),
    source: source(),
  };
}

function limitOf(fields: Fields): number {
  const maxTokens = fields.whole("max_tokens", 1);
  if (maxTokens === null) throw missing("max_tokens");
  return maxTokens;
}

function systemOf(fields: Fields): readonly ChatMessage[] {
  if (fields.get("system") === null) return [];
  return [{ role: "system", ...fields.attempt(() => readContent(fields, "system", { texts: ["text"] }), { content: "" }) }];
}

function* turnsOf(fields: Fields): Reading<readonly ChatMessage[]> {
  const list = fields.get("messages");
  if (list === null) throw missing("messages");
  if (asArray(list)?.length === 0) throw invalid("messages", "an array of at least one message");
  const messages: ChatMessage[] = [];
  for (const turn of fields.takeObjects("messages")) {
    messages.push(...turnOf(turn));
    yield;
  }
  return messages;
}

/** One turn may become several messages: the results of tools, then what the user says. */
function turnOf(turn: Fields): readonly ChatMessage[] {
  turn.only(turnFields);
  const role = turn.attempt(() => roleOf(turn), "user");
  const content = turn.get("content");
  if (typeof content === "string") return [{ role, content }];
  const blocks = asArray(content ?? undefined) === null ? null : turn.objects("content");
  if (blocks === null) throw invalid(turn.at("content"), "a string or an array of blocks");
  const known = blocks.flatMap((block) => block.attempt((): readonly Block[] => [blockOf(block, role)], []));
  const own = contentOf(known.flatMap((block) => (block.kind === "part" ? [block.part] : [])));
  if (role === "assistant") {
    const toolCalls = known.flatMap((block) => (block.kind === "call" ? [block.call] : []));
    return [{ role, ...own, ...(toolCalls.length > 0 && { toolCalls }) }];
  }
  const results = known.flatMap((block) => (block.kind === "result" ? [block.result] : []));
  return own.content === "" && own.parts === undefined && results.length > 0 ? results : [...results, { role, ...own }];
}

type Role = keyof typeof blockTypes;

function roleOf(turn: Fields): Role {
  const role = turn.get("role");
  if (role !== "user" && role !== "assistant" && role !== "system") throw invalid(turn.at("role"), "user, assistant or system");
  return role;
}

type Block = { readonly kind: "part"; readonly part: ContentPart } | { readonly kind: "call"; readonly call: ToolCall } | { readonly kind: "result"; readonly result: ChatMessage };

/** Instructions may come in the midst of a conversation too (`SystemMessageParam`). */
const blockTypes = { user: ["text", "image", "tool_result"], assistant: ["text", "tool_use"], system: ["text"] } as const;

/** Refuses the kinds of block that other formats have no word for. */
function blockOf(block: Fields, role: Role): Block {
  const types: readonly string[] = blockTypes[role];
  const type = block.get("type");
  if (typeof type !== "string" || !types.includes(type)) {
    throw new BadRequest("unsupported_content", `Unsupported '${pathOf(block)}': of a turn of '${role}', this gateway supports blocks of type '${types.join("' or '")}' only.`);
  }
  if (type === "text") return { kind: "part", part: readText(block) };
  block.neutral("caller", { type: "direct" });
  if (type === "image") return { kind: "part", part: imageOf(block) };
  block.only(blockFields[type]!);
  return type === "tool_use" ? { kind: "call", call: callOf(block) } : { kind: "result", result: resultOf(block) };
}

function imageOf(block: Fields): ImagePart {
  block.only(blockFields["image"]!);
  const source = block.requiredObject("source");
  const type = source.get("type");
  if (type === "url") return { type: "image", source: { kind: "url", url: source.requiredString("url") }, ...cacheField(block) };
  if (type !== "base64") throw new BadRequest("unsupported_content", `Unsupported '${source.at("type")}': this gateway supports images as base64 and by URL.`);
  return { type: "image", source: { kind: "base64", mediaType: source.requiredString("media_type"), data: source.requiredString("data") }, ...cacheField(block) };
}

const image = { type: "image", read: imageOf };

function callOf(block: Fields): ToolCall {
  return { id: block.requiredString("id"), name: block.requiredString("name"), arguments: JSON.stringify(block.object("input")?.json ?? {}) };
}

function resultOf(block: Fields): ChatMessage {
  const content: Content = block.get("content") === null ? { content: "" } : readContent(block, "content", { texts: ["text"], image });
  return { role: "tool", ...content, toolCallId: block.requiredString("tool_use_id"), ...(block.boolean("is_error") === true && { isError: true }) };
}

function toolsOf(fields: Fields): readonly ToolDefinition[] | null {
  const tools = fields.objects("tools");
  if (tools === null || tools.length === 0) return null;
  const read = (tool: Fields, index: number): ToolDefinition => {
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
  };
  const known = tools.flatMap((tool, index) => tool.attempt((): readonly ToolDefinition[] => [read(tool, index)], []));
  return known.length === 0 ? null : known;
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
  const topP = fields.attempt(() => fields.number("top_p", 0, 1), null);
  const topK = fields.attempt(() => fields.whole("top_k", 1), null);
  const stop = fields.attempt(() => fields.strings("stop_sequences"), null);
  if (topP === null && topK === null && (stop === null || stop.length === 0)) return null;
  return { ...(topP !== null && { topP }), ...(topK !== null && { topK }), ...(stop !== null && stop.length > 0 && { stop }) };
}

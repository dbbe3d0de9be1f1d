import type { ChatMessage, ChatRequest, ImagePart, JsonObject, Sampling, ToolCall, ToolDefinition } from "../../kernel/chat.ts";
import { BadRequest } from "../core/contracts.ts";
import { bodyFields, type Fields, invalid, missing, unsupported } from "./fields.ts";
import { promptReferenceOf } from "./prompt-reference.ts";
import { type Content, imageOfUrl, readContent } from "./content-parts.ts";
import { checkedChoice, choiceOf, definitionOf, outputOf } from "./openai-client-tools.ts";

const supported = new Set([
  "model",
  "input",
  "instructions",
  "stream",
  "stream_options",
  "max_output_tokens",
  "temperature",
  "top_p",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "text",
  "reasoning",
]);

/** The gateway stores no answers, so whether the client asks for it changes nothing. */
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

/** State at the provider, the provider's own tools, answers in the background: not every provider has them. */
const refused = ["previous_response_id", "conversation", "max_tool_calls", "context_management", "moderation"] as const;

const textFields: ReadonlySet<string> = new Set(["format", "verbosity"]);
const streamOptions: ReadonlySet<string> = new Set(["include_obfuscation"]);

/** Supported fields of an item. Its own `id` and `status`, and an SDK's parsed arguments, need not be sent back. */
const toolFields: ReadonlySet<string> = new Set(["type", "name", "description", "parameters", "strict"]);
const messageFields: ReadonlySet<string> = new Set(["type", "id", "status", "role", "content"]);
const callFields: ReadonlySet<string> = new Set(["type", "id", "status", "call_id", "name", "arguments", "parsed_arguments"]);
const outputFields: ReadonlySet<string> = new Set(["type", "id", "status", "call_id", "output"]);

/** A request for a response (OpenAI). Throws `BadRequest`, the message naming the parameter. */
export function decodeResponsesRequest(body: Uint8Array): ChatRequest {
  const fields = bodyFields(body);
  for (const name of refused) fields.neutral(name);
  fields.neutral("background", false);
  fields.neutral("include", []);
  fields.neutral("truncation", "disabled");
  fields.neutral("top_logprobs", 0);
  fields.only(new Set([...supported, ...hintNames, ...refused, "prompt", "background", "include", "truncation", "top_logprobs"]));
  const tools = toolsOf(fields);
  const toolChoice = tools === null && fields.get("tool_choice") === null ? null : toolChoiceOf(fields, tools);
  const parallelToolCalls = fields.boolean("parallel_tool_calls");
  const text = fields.object("text");
  text?.only(textFields);
  fields.object("stream_options")?.only(streamOptions);
  const format = text?.object("format") ?? null;
  const output = format === null ? null : outputOf(format, () => format);
  const sampling = samplingOf(fields, text);
  const hints = hintsOf(fields);
  const prompt = promptReferenceOf(fields);
  return {
    model: fields.requiredString("model"),
    messages: [...instructionsOf(fields), ...inputOf(fields)],
    stream: fields.boolean("stream") ?? false,
    maxTokens: fields.whole("max_output_tokens", 1),
    temperature: fields.number("temperature", 0, 2),
    includeUsage: true,
    ...(tools !== null && { tools }),
    ...(toolChoice !== null && { toolChoice }),
    ...(parallelToolCalls !== null && (tools !== null || prompt !== null) && { parallelToolCalls }),
    ...(output !== null && { output }),
    ...(sampling !== null && { sampling }),
    ...(hints !== null && { hints }),
    ...(prompt !== null && { prompt }),
  };
}

function toolChoiceOf(fields: Fields, tools: readonly ToolDefinition[] | null) {
  if (fields.get("tool_choice") === null) return null;
  return checkedChoice(choiceOf(fields, (named) => named.requiredString("name")), tools, { prompt: fields.get("prompt") !== null });
}

/** Function tools, whose fields are not nested here. */
function toolsOf(fields: Fields): readonly ToolDefinition[] | null {
  const tools = fields.objects("tools");
  if (tools === null || tools.length === 0) return null;
  return tools.map((tool, index) => {
    if (tool.get("type") !== "function") throw unsupported(`Unsupported value of 'tools': this gateway supports tools of type 'function' only, item ${index} is none.`);
    tool.only(toolFields);
    return definitionOf(tool);
  });
}

function samplingOf(fields: Fields, text: Fields | null): Sampling | null {
  const reasoning = fields.object("reasoning");
  reasoning?.only(new Set(["effort", "summary"]));
  reasoning?.neutral("summary");
  const topP = fields.number("top_p", 0, 1);
  const reasoningEffort = reasoning?.string("effort") ?? null;
  const verbosity = text?.string("verbosity") ?? null;
  const sampling: Sampling = {
    ...(topP !== null && { topP }),
    ...(reasoningEffort !== null && { reasoningEffort }),
    ...(verbosity !== null && { verbosity }),
  };
  return Object.keys(sampling).length === 0 ? null : sampling;
}

function hintsOf(fields: Fields): JsonObject | null {
  const entries = fields.names().flatMap((name) => (hintNames.has(name) ? [[name, fields.get(name)] as const] : []));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function instructionsOf(fields: Fields): readonly ChatMessage[] {
  const instructions = fields.string("instructions");
  return instructions === null ? [] : [{ role: "system", content: instructions }];
}

function inputOf(fields: Fields): readonly ChatMessage[] {
  const input = fields.get("input");
  if (input === null && fields.get("prompt") !== null) return [];
  if (input === null) throw missing("input");
  if (typeof input === "string") return [{ role: "user", content: input }];
  const items = fields.objects("input") ?? [];
  if (items.length === 0) throw invalid("input", "a string or an array of at least one item");
  return joinedCalls(items.map(itemOf));
}

const roles: Readonly<Record<string, ChatMessage["role"]>> = { system: "system", developer: "system", user: "user", assistant: "assistant" };

function itemOf(item: Fields): ChatMessage {
  const type = item.string("type") ?? "message";
  switch (type) {
    case "message":
      return messageOf(item);
    case "function_call":
      return { role: "assistant", content: "", toolCalls: [callOf(item)] };
    case "function_call_output":
      item.only(outputFields);
      return { role: "tool", ...readContent(item, "output", { texts: ["input_text"] }), toolCallId: item.requiredString("call_id") };
    default:
      throw new BadRequest(
        "unsupported_content",
        `Unsupported '${item.at("type")}': this gateway supports items of type 'message', 'function_call' or 'function_call_output' only.`,
      );
  }
}

function messageOf(item: Fields): ChatMessage {
  item.only(messageFields);
  const name = item.get("role");
  const role = typeof name === "string" && Object.hasOwn(roles, name) ? roles[name] : undefined;
  if (role === undefined) throw invalid(item.at("role"), `one of ${Object.keys(roles).join(", ")}`);
  return { role, ...contentIn(item, role) };
}

/** Only users show images. */
function contentIn(item: Fields, role: ChatMessage["role"]): Content {
  const texts = ["input_text", "output_text"];
  return readContent(item, "content", role === "user" ? { texts, image } : { texts });
}

const imageFields: ReadonlySet<string> = new Set(["type", "image_url", "detail"]);

const image = {
  type: "input_image",
  read: (part: Fields): ImagePart => {
    part.only(imageFields);
    return imageOfUrl(part.requiredString("image_url"), part.string("detail"));
  },
};

function callOf(item: Fields): ToolCall {
  item.only(callFields);
  return { id: item.requiredString("call_id"), name: item.requiredString("name"), arguments: item.string("arguments") ?? "" };
}

/**
 * Calls of one turn are separate items here: they are merged with each other, and with the assistant's text before
 * them.
 */
function joinedCalls(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (message.toolCalls === undefined || last?.role !== "assistant") joined.push(message);
    else joined[joined.length - 1] = { ...last, toolCalls: [...(last.toolCalls ?? []), ...message.toolCalls] };
  }
  return joined;
}

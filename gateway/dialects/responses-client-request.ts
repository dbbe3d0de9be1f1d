import type { ChatMessage, ChatRequest, ImagePart, JsonObject, OutputFormat, PromptReference, Sampling, StateReference, ToolCall, ToolDefinition } from "../../kernel/chat.ts";
import type { Headers } from "../../kernel/transport.ts";
import { BadRequest } from "../core/contracts.ts";
import type { LongBody } from "../core/long-body.ts";
import { readOnDemand } from "../core/long-text.ts";
import type { Reading } from "../core/reading.ts";
import { ownerIn } from "../core/state-owner.ts";
import { type Fields, invalid, missing, sourceFields, unsupported } from "./fields.ts";
import { asArray, asObject } from "./json.ts";
import { promptReferenceOf } from "./prompt-reference.ts";
import { type Content, imageOfUrl, readContent } from "./content-parts.ts";
import { hintNames } from "./openai-hints.ts";
import { belongingHeaders, headerRefusals } from "./request-headers.ts";
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

/** Only a provider of this format has them: state, the provider's own tools. */
const refused = ["previous_response_id", "conversation", "max_tool_calls", "context_management", "moderation"] as const;

const known: ReadonlySet<string> = new Set([...supported, ...hintNames, ...refused, "prompt", "background", "include", "truncation", "top_logprobs"]);

const textFields: ReadonlySet<string> = new Set(["format", "verbosity"]);
const streamOptions: ReadonlySet<string> = new Set(["include_obfuscation"]);

/** Supported fields of an item. Its own `id` and `status`, and an SDK's parsed arguments, need not be sent back. */
const toolFields: ReadonlySet<string> = new Set(["type", "name", "description", "parameters", "strict"]);
const messageFields: ReadonlySet<string> = new Set(["type", "id", "status", "role", "content"]);
const callFields: ReadonlySet<string> = new Set(["type", "id", "status", "call_id", "name", "arguments", "parsed_arguments"]);
const outputFields: ReadonlySet<string> = new Set(["type", "id", "status", "call_id", "output"]);

/**
 * A request for a response (OpenAI). What only this format can say is recorded by name in its source. Throws
 * `BadRequest` for what the gateway itself must know: the route, the input, whether to stream.
 */
export function* readResponsesRequest(body: Uint8Array | LongBody, headers: Headers = {}): Reading<ChatRequest> {
  const ownHeaders = belongingHeaders("openai_responses", headers);
  const { fields, source, long } = sourceFields("openai_responses", body, ownHeaders);
  for (const refusal of headerRefusals(ownHeaders)) fields.refuse(refusal);
  for (const name of refused) fields.neutral(name);
  fields.neutral("background", false);
  fields.neutral("include", []);
  fields.neutral("truncation", "disabled");
  fields.neutral("top_logprobs", 0);
  fields.only(known);
  const stream = fields.boolean("stream") ?? false;
  /** Nobody could fetch it later: the gateway has no such path. */
  if (!stream && fields.get("background") === true) throw unsupported("Unsupported value of 'background': this gateway cannot fetch an answer later. Ask for it as a stream.");
  const tools = fields.attempt(() => toolsOf(fields), null);
  const toolChoice = tools === null && fields.get("tool_choice") === null ? null : fields.attempt(() => toolChoiceOf(fields, tools), null);
  const parallelToolCalls = fields.attempt(() => fields.boolean("parallel_tool_calls"), null);
  const output = fields.attempt(() => outputIn(fields), null);
  const sampling = fields.attempt(() => samplingOf(fields), null);
  const hints = hintsOf(fields);
  const prompt = promptOf(fields);
  const state = stateOf(fields);
  return {
    model: fields.requiredString("model"),
    messages: readOnDemand([...fields.attempt(() => instructionsOf(fields), []), ...(yield* inputOf(fields))], long),
    stream,
    maxTokens: fields.attempt(() => fields.whole("max_output_tokens", 1), null),
    temperature: fields.attempt(() => fields.number("temperature", 0, 2), null),
    includeUsage: true,
    ...(tools !== null && { tools }),
    ...(toolChoice !== null && { toolChoice }),
    ...(parallelToolCalls !== null && (tools !== null || prompt !== null) && { parallelToolCalls }),
    ...(output !== null && { output }),
    ...(sampling !== null && { sampling }),
    ...(hints !== null && { hints }),
    ...(prompt !== null && { prompt }),
    source: { ...source(), ...(state !== null && { state }) },
  };
}

/** OpenAI's own prompts, which its console keeps. */
const providersPrompt = /^pmpt_/;

/** The gateway's own prompt. One that the provider keeps goes to it as it came. */
function promptOf(fields: Fields): PromptReference | null {
  if (!isProvidersPrompt(fields)) return promptReferenceOf(fields);
  fields.refuse(unsupported("Unsupported value of 'prompt': only the provider that keeps it can use it."));
  return null;
}

function isProvidersPrompt(fields: Fields): boolean {
  const id = asObject(fields.get("prompt") ?? undefined)?.["id"];
  return typeof id === "string" && providersPrompt.test(id);
}

/** What a provider keeps, and the request only refers to. An earlier response names its owner. */
function stateOf(fields: Fields): StateReference | null {
  const previous = fields.attempt(() => fields.string("previous_response_id"), null);
  if (previous !== null) return { parameter: "previous_response_id", owner: ownerIn(previous)?.owner ?? null };
  if (fields.get("conversation") !== null) return { parameter: "conversation", owner: null };
  if (isProvidersPrompt(fields)) return { parameter: "prompt", owner: null };
  const items = asArray(fields.get("input") ?? undefined) ?? [];
  const at = items.findIndex((item) => asObject(item)?.["type"] === "item_reference");
  return at === -1 ? null : { parameter: `input[${at}]`, owner: null };
}

function outputIn(fields: Fields): OutputFormat | null {
  const text = fields.object("text");
  text?.only(textFields);
  fields.object("stream_options")?.only(streamOptions);
  const format = text?.object("format") ?? null;
  return format === null ? null : outputOf(format, () => format);
}

function toolChoiceOf(fields: Fields, tools: readonly ToolDefinition[] | null) {
  if (fields.get("tool_choice") === null) return null;
  return checkedChoice(choiceOf(fields, (named) => named.requiredString("name")), tools, { prompt: fields.get("prompt") !== null });
}

/** Function tools, whose fields are not nested here. */
function toolsOf(fields: Fields): readonly ToolDefinition[] | null {
  const tools = fields.objects("tools");
  if (tools === null || tools.length === 0) return null;
  const read = (tool: Fields, index: number): ToolDefinition => {
    if (tool.get("type") !== "function") throw unsupported(`Unsupported value of 'tools': this gateway supports tools of type 'function' only, item ${index} is none.`);
    tool.only(toolFields);
    return definitionOf(tool);
  };
  const known = tools.flatMap((tool, index) => tool.attempt((): readonly ToolDefinition[] => [read(tool, index)], []));
  return known.length === 0 ? null : known;
}

function samplingOf(fields: Fields): Sampling | null {
  const text = fields.object("text");
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

function* inputOf(fields: Fields): Reading<readonly ChatMessage[]> {
  const input = fields.get("input");
  if (input === null && givesContext.some((name) => fields.get(name) !== null)) return [];
  if (input === null) throw missing("input");
  if (typeof input === "string") return [{ role: "user", content: input }];
  /** A server of the format may take it: Codex asks so for one token, to learn whether somebody answers. */
  if (asArray(input)?.length === 0) fields.refuse(invalid("input", "a string or an array of at least one item"));
  const messages: ChatMessage[] = [];
  for (const item of fields.takeObjects("input")) {
    messages.push(...item.attempt((): readonly ChatMessage[] => [itemOf(item)], []));
    yield;
  }
  return inTurns(messages);
}

/** Parameters with which a request needs no input. */
const givesContext = ["prompt", "previous_response_id", "conversation"] as const;

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
      return { role: "tool", ...readContent(item, "output", { texts: ["input_text"], image }), toolCallId: item.requiredString("call_id") };
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
  return readContent(item, "content", role === "user" ? { texts, image } : { texts: role === "assistant" ? [...texts, "refusal"] : texts });
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

interface Turn {
  readonly message: ChatMessage;
  /** Of an assistant: what it says, and its calls. */
  readonly texts: string[];
  readonly calls: ToolCall[];
  readonly results: ChatMessage[];
}

/**
 * Items in the order that other formats ask for. Calls of one turn are separate items here, and text may stand between
 * them: they are one turn of the assistant. Results may come after further turns: they follow the turn of their calls.
 */
function inTurns(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const turns: Turn[] = [];
  const turnOfCall = new Map<string, Turn>();
  for (const message of messages) {
    const { role, content, toolCalls = [], toolCallId = "" } = message;
    const caller = role === "tool" ? turnOfCall.get(toolCallId) : undefined;
    if (caller !== undefined) {
      caller.results.push(message);
      continue;
    }
    let turn = turns.at(-1);
    if (turn === undefined || !isPartOf(turn, message)) turns.push((turn = { message, texts: [], calls: [], results: [] }));
    if (content !== "") turn.texts.push(content);
    for (const call of toolCalls) {
      turn.calls.push(call);
      turnOfCall.set(call.id, turn);
    }
  }
  return turns.flatMap(({ message, texts, calls, results }) => (calls.length === 0 ? [message] : [{ ...message, content: texts.join("\n\n"), toolCalls: calls }, ...results]));
}

/** Two messages of the assistant are one turn where it called something in either, and nothing has answered yet. */
function isPartOf({ message: { role }, calls, results }: Turn, message: ChatMessage): boolean {
  return role === "assistant" && message.role === "assistant" && results.length === 0 && (calls.length > 0 || message.toolCalls !== undefined);
}

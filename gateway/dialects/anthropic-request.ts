import type { ChatMessage, ChatRequest, ContentPart, ToolCall, ToolChoice, ToolDefinition } from "../../kernel/chat.ts";
import type { DeploymentConfig } from "../core/config.ts";
import { withOwnIds } from "./call-ids.ts";
import { outputTokensMax } from "./anthropic-models.ts";
import { lackingOfImages, mediaTypeOf } from "./content-parts.ts";
import { asString } from "./json.ts";
import { anthropicSchema, lackingOfAnthropicSchema, lackingOfAnthropicTool, lackingOfSchemas } from "./schemas.ts";
import { argumentsObject } from "./tool-calls.ts";
import { lackingOfNames, plainNames } from "./tool-names.ts";
import { anthropicUser } from "./user-id.ts";

/**
 * A messages request's body. System messages move to `system`. The highest temperature is 1. A `top_p` of 1 means
 * nothing, and newer models refuse it beside a temperature (open-webui/pipelines pull request 546). The API requires
 * `max_tokens`, which clients of the gateway need not send: an answer that nobody limited gets all that the model has.
 */
export function messagesBody(request: ChatRequest, { model, maxOutputTokens }: Pick<DeploymentConfig, "model" | "maxOutputTokens">): object {
  const system = systemOf(request.messages.filter(({ role }) => role === "system"));
  const { tools, output, sampling } = request;
  const userId = asString(request.hints?.["user"]);
  return {
    model,
    max_tokens: request.maxTokens ?? maxOutputTokens ?? outputTokensMax(model),
    ...(system !== null && { system }),
    messages: turnsOf(withOwnIds(request.messages.filter(({ role }) => role !== "system"), callId)),
    stream: request.stream,
    ...(request.temperature !== null && { temperature: Math.min(1, request.temperature) }),
    ...(sampling?.topP !== undefined && sampling.topP < 1 && { top_p: sampling.topP }),
    ...(sampling?.topK !== undefined && { top_k: sampling.topK }),
    ...(sampling?.stop !== undefined && { stop_sequences: sampling.stop }),
    ...(tools !== undefined && { tools: tools.map(toolObject), tool_choice: choiceObject(request.toolChoice ?? "auto", request.parallelToolCalls) }),
    ...(output?.type === "json_schema" && { output_config: { format: { type: "json_schema", schema: anthropicSchema(output.schema) } } }),
    ...(userId !== null && { metadata: { user_id: anthropicUser(userId) } }),
  };
}

/**
 * One text, or, with cache marks, the blocks that they stand on. Null: none. The API refuses a text of white space, and
 * a block without text.
 */
function systemOf(given: readonly ChatMessage[]): string | readonly object[] | null {
  const messages = given.filter(({ content }) => content.trim() !== "");
  if (messages.length === 0) return null;
  if (messages.every(({ parts }) => parts === undefined)) return messages.map(({ content }) => content).join("\n\n");
  return messages.flatMap(({ content, parts }) => (parts ?? [{ type: "text", text: content } as const]).filter((part) => part.type !== "text" || part.text.trim() !== "").map(partBlock));
}

/** Kinds of image that the API reads. */
const mediaTypes: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

/** Parameters that the messages API does not have. */
export function unsupportedParameters(request: ChatRequest): readonly string[] {
  const { embedding, messages, output, sampling, source } = request;
  const isOwn = source?.format === "anthropic";
  const lacking: readonly (readonly [name: string, isAsked: boolean])[] = [
    ["embeddings", embedding !== undefined],
    ["messages (system alone)", embedding === undefined && messages.every(({ role }) => role === "system")],
    ["messages (empty)", embedding === undefined && messages.some(isEmpty)],
    ["messages (ends with the assistant)", !isOwn && isBeginning(messages.findLast(({ role }) => role !== "system"))],
    ...lackingOfImages(messages, mediaTypes),
    lackingOfNames(request, plainNames),
    ["messages[].name", messages.some(({ speaker }) => speaker !== undefined)],
    /** The API refuses a stop sequence of white space alone. */
    ["stop", sampling?.stop?.some((text) => text.trim() === "") === true],
    ["response_format", output?.type === "json"],
    ["presence_penalty", isSet(sampling?.presencePenalty)],
    ["frequency_penalty", isSet(sampling?.frequencyPenalty)],
    ["logit_bias", sampling?.logitBias !== undefined],
    ["reasoning_effort", sampling?.reasoningEffort !== undefined],
    ["verbosity", sampling?.verbosity !== undefined],
  ];
  const schemas = isOwn ? [] : lackingOfSchemas(request, (schema, isStrict, isOutput) => (isOutput ? null : lackingOfAnthropicTool(schema)) ?? (isOutput || isStrict ? lackingOfAnthropicSchema(schema, isStrict) : null));
  return [...lacking, ...schemas].filter(([, isAsked]) => isAsked).map(([name]) => name);
}

/** Here it would be the beginning of the answer, for OpenAI's clients it is a turn like the others. */
function isBeginning(last: ChatMessage | undefined): boolean {
  return last?.role === "assistant" && last.toolCalls === undefined;
}

/** The API refuses a turn without text. OpenAI accepts one, so it is not the client's fault. */
function isEmpty({ role, content, parts, toolCalls }: ChatMessage): boolean {
  if (parts?.some(({ type }) => type === "image") === true) return false;
  return (role === "user" || role === "assistant") && toolCalls === undefined && content.trim() === "";
}

/** A penalty of 0 is none. */
function isSet(penalty: number | undefined): boolean {
  return penalty !== undefined && penalty !== 0;
}

interface Turn {
  readonly role: "user" | "assistant";
  readonly content: string | readonly object[];
}

/**
 * Results of tools are blocks of the user's turn. Those of one turn must come in one message, before what the user
 * says.
 */
function turnsOf(messages: readonly ChatMessage[]): readonly Turn[] {
  const turns: Turn[] = [];
  let results: object[] = [];
  const flush = () => {
    if (results.length > 0) turns.push({ role: "user", content: results });
    results = [];
  };
  for (const message of messages) {
    if (message.role === "tool") {
      results.push(resultBlock(message));
      continue;
    }
    flush();
    turns.push({ role: message.role === "assistant" ? "assistant" : "user", content: contentOf(message) });
  }
  flush();
  return turns;
}

function contentOf({ content, parts, toolCalls = [] }: ChatMessage): string | readonly object[] {
  if (toolCalls.length === 0 && parts === undefined) return content;
  const sent = parts ?? [{ type: "text", text: content } as const];
  return [...sent.filter((part) => part.type === "image" || part.text !== "").map(partBlock), ...toolCalls.map(callBlock)];
}

function partBlock(part: ContentPart): object {
  const mark = part.cacheControl === undefined ? {} : { cache_control: part.cacheControl };
  if (part.type === "text") return { type: "text", text: part.text, ...mark };
  const { source } = part;
  const from = source.kind === "url" ? { type: "url", url: source.url } : { type: "base64", media_type: mediaTypeOf(source), data: source.data };
  return { type: "image", source: from, ...mark };
}

function resultBlock({ content, parts, toolCallId, isError }: ChatMessage): object {
  const blocks = parts === undefined ? content : parts.map(partBlock);
  return { type: "tool_result", tool_use_id: toolCallId ?? "", content: blocks, ...(isError === true && { is_error: true }) };
}

function callBlock({ id, name, arguments: text }: ToolCall): object {
  return { type: "tool_use", id, name, input: argumentsObject(text) };
}

/** The API accepts letters, digits, `_` and `-`. Ids of other providers hold more (`functions.look:0`). */
export function callId(id: string): string {
  return id.replaceAll(/[^a-zA-Z0-9_-]/g, (unit) => `_${unit.charCodeAt(0).toString(16)}`);
}

/** The API requires the schema's `type`, which OpenAI's does not. */
export function toolObject({ name, description, parameters, strict, cacheControl }: ToolDefinition): object {
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: parameters === undefined ? { type: "object", properties: {} } : { type: "object", ...(strict === true ? anthropicSchema(parameters) : parameters) },
    ...(strict !== undefined && { strict }),
    ...(cacheControl !== undefined && { cache_control: cacheControl }),
  };
}

function choiceObject(choice: ToolChoice, parallel: boolean | undefined): object {
  const single = parallel === false ? { disable_parallel_tool_use: true } : {};
  if (choice === "none") return { type: "none" };
  if (choice === "auto") return { type: "auto", ...single };
  if (choice === "required") return { type: "any", ...single };
  return { type: "tool", name: choice.name, ...single };
}

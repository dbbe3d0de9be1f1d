import type { ChatMessage, ChatRequest, ContentPart, JsonObject, OutputFormat, Sampling, ToolChoice, ToolDefinition } from "../../kernel/chat.ts";
import type { DeploymentConfig } from "../core/config.ts";
import { withOwnIds } from "./call-ids.ts";
import { urlOfImage } from "./content-parts.ts";
import { withDefinitions } from "./schema-references.ts";
import { lackingOfOpenaiSchema, lackingOfOpenaiTool, lackingOfSchemas, openaiParameters } from "./schemas.ts";
import { lackingOfNames, shortNames } from "./tool-names.ts";
import { resultText } from "./tool-results.ts";
import { openaiUser } from "./user-id.ts";

/** How servers of OpenAI's format differ in the parameters that they accept. */
export interface OpenaiFlavour {
  /**
   * Whether it accepts `metadata`, `store` and the like: others refuse parameters that they do not know, except `user`.
   */
  readonly hints: "all" | "user";
  /**
   * The name of its maximum output: OpenAI's reasoning models refuse the older name, and other servers know no other.
   */
  readonly limitName: "max_completion_tokens" | "max_tokens";
  /** Maximum number of stop sequences. */
  readonly stopsMax: number;
  /** Whether names, tools and schemas have OpenAI's own limits. */
  readonly isStrict: boolean;
  /** Whether it accepts ids of tool calls of any length. */
  readonly takesAnyId: boolean;
}

/** OpenAI refuses more (musistudio/claude-code-router issue 686). */
const TOOLS_MAX = 128;

/**
 * What OpenAI's own formats lack for the tools and schemas of another format's request. In both of its formats a schema
 * is guaranteed by the same rules, so only Anthropic's may ask for more.
 */
export function lackingOfOpenai(request: ChatRequest): readonly (readonly [name: string, isAsked: boolean])[] {
  const isForeign = request.source?.format === "anthropic";
  const schemas = lackingOfSchemas(request, (schema, isStrict, isOutput) => (isOutput ? null : lackingOfOpenaiTool(schema)) ?? (isForeign && isStrict ? lackingOfOpenaiSchema(schema) : null));
  return [lackingOfNames(request, shortNames), [`tools (more than ${TOOLS_MAX})`, (request.tools?.length ?? 0) > TOOLS_MAX], ...schemas];
}

/**
 * A chat completion request's body. A stream asks for usage, which the gateway accounts for, unless the server refuses
 * that.
 */
export function chatBody(request: ChatRequest, { model, streamUsage = true }: Pick<DeploymentConfig, "model" | "streamUsage">, flavour: OpenaiFlavour): object {
  const { tools, toolChoice, parallelToolCalls, output, sampling } = request;
  return {
    ...hintsFor(request, flavour),
    model,
    messages: withOwnIds(withOneBeginning(request.messages), callId).map(messageObject),
    stream: request.stream,
    ...(request.stream && (streamUsage || request.includeUsage) && { stream_options: { include_usage: true } }),
    ...(request.maxTokens !== null && { [flavour.limitName]: request.maxTokens }),
    ...(request.temperature !== null && { temperature: request.temperature }),
    ...(sampling !== undefined && samplingFields(sampling)),
    ...(tools !== undefined && { tools: tools.map(toolObject) }),
    ...(toolChoice !== undefined && { tool_choice: choiceValue(toolChoice) }),
    ...(parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
    ...(output !== undefined && { response_format: formatObject(output) }),
  };
}

/**
 * The instructions at the beginning as one message: the templates of many models refuse a second one
 * (BerriAI/litellm pull request 39282).
 */
function withOneBeginning(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const end = messages.findIndex(({ role }) => role !== "system");
  const beginning = messages.slice(0, end === -1 ? messages.length : end);
  if (beginning.length < 2) return messages;
  return [{ role: "system", content: beginning.map(({ content }) => content).join("\n\n") }, ...messages.slice(beginning.length)];
}

/** An embeddings request's body. Vectors come as numbers, which every server supports. */
export function embeddingsBody(request: ChatRequest, model: string, flavour: OpenaiFlavour): object {
  const { dimensions } = request.embedding!;
  return {
    ...hintsFor(request, flavour),
    model,
    input: request.messages.map(({ content }) => content),
    encoding_format: "float",
    ...(dimensions !== null && { dimensions }),
  };
}

/** `user` goes to every server, for session affinity and tracing abuse. */
function hintsFor({ hints }: ChatRequest, flavour: OpenaiFlavour): JsonObject | undefined {
  const user = hints?.["user"];
  const known = typeof user === "string" ? { user: openaiUser(user) } : undefined;
  return flavour.hints === "all" ? { ...hints, ...known } : known;
}

export function messageObject({ role, content: text, parts, speaker, toolCalls, toolCallId, isError }: ChatMessage): object {
  if (role === "tool") return { role, ...(toolCallId !== undefined && { tool_call_id: callId(toolCallId) }), content: resultText(text, isError) };
  const content = parts?.some(({ type }) => type === "image") === true ? parts.map(partObject) : text;
  const named = speaker === undefined ? { role, content } : { role, content, name: speaker };
  if (toolCalls === undefined) return named;
  const calls = toolCalls.map(({ id, name, arguments: text }) => ({ id: callId(id), type: "function", function: { name, arguments: text } }));
  return { ...named, content: content === "" ? null : content, tool_calls: calls };
}

function partObject(part: ContentPart): object {
  if (part.type === "text") return { type: "text", text: part.text };
  return { type: "image_url", image_url: { url: urlOfImage(part), ...(part.detail !== undefined && { detail: part.detail }) } };
}

/** OpenAI refuses longer call ids, and vLLM sends longer ones. Their ends are unique. */
const CALL_ID_LENGTH_MAX = 40;

export function callId(id: string): string {
  return id.slice(-CALL_ID_LENGTH_MAX);
}

export function toolObject({ name, description, parameters, strict }: ToolDefinition): object {
  const definition = {
    name,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters: openaiParameters(parameters) }),
    ...(strict !== undefined && { strict }),
  };
  return { type: "function", function: definition };
}

function choiceValue(choice: ToolChoice): string | object {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
}

function formatObject(output: OutputFormat): object {
  if (output.type === "json") return { type: "json_object" };
  const { name, schema, description, strict } = output;
  return { type: "json_schema", json_schema: { name, schema: withDefinitions(schema), ...(description !== undefined && { description }), ...(strict !== undefined && { strict }) } };
}

function samplingFields({ topP, stop, seed, presencePenalty, frequencyPenalty, logitBias, reasoningEffort, verbosity }: Sampling): object {
  return {
    ...(topP !== undefined && { top_p: topP }),
    ...(stop !== undefined && { stop }),
    ...(seed !== undefined && { seed }),
    ...(presencePenalty !== undefined && { presence_penalty: presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequency_penalty: frequencyPenalty }),
    ...(logitBias !== undefined && { logit_bias: logitBias }),
    ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort }),
    ...(verbosity !== undefined && { verbosity }),
  };
}

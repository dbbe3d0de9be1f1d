import type { ChatRequest, OutputFormat, ToolCall, ToolChoice, ToolDefinition, Usage } from "../../kernel/chat.ts";
import { answerMetadata } from "./answer-metadata.ts";
import { asObject } from "./json.ts";

/** The fields that all objects of one response share. */
export interface ResponseHead {
  readonly id: string;
  readonly model: string;
  readonly createdS: number;
  readonly request?: ChatRequest;
  readonly attempts?: () => string;
  /** Whose account keeps it, where its provider keeps it. */
  readonly stateOwner?: string;
}

export interface ResponseState {
  readonly status: "in_progress" | "completed" | "incomplete" | "failed";
  readonly output: readonly object[];
  readonly usage: Usage | null;
  readonly finishReason: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The `response` object (OpenAI), which echoes the request. */
export function responseObject({ id, model, createdS, request, attempts }: ResponseHead, state: ResponseState): object {
  return {
    id,
    object: "response",
    created_at: createdS,
    status: state.status,
    background: false,
    error: state.error,
    incomplete_details: state.status === "incomplete" ? { reason: state.finishReason === "length" ? "max_output_tokens" : "content_filter" } : null,
    instructions: request?.messages.find(({ role }) => role === "system")?.content ?? null,
    max_output_tokens: request?.maxTokens ?? null,
    model,
    output: state.output,
    parallel_tool_calls: request?.parallelToolCalls ?? true,
    previous_response_id: null,
    reasoning: { effort: request?.sampling?.reasoningEffort ?? null, summary: null },
    store: false,
    temperature: request?.temperature ?? null,
    text: { format: formatObject(request?.output) },
    tool_choice: choiceValue(request?.toolChoice),
    tools: (request?.tools ?? []).map(toolObject),
    top_p: request?.sampling?.topP ?? null,
    truncation: "disabled",
    usage: usageObject(state.usage),
    metadata: { ...asObject(request?.hints?.["metadata"]), ...(state.status !== "in_progress" && answerMetadata(attempts)) },
  };
}

/** The status of a response that has ended. */
export function statusOf(finishReason: string): "completed" | "incomplete" {
  return finishReason === "length" || finishReason === "content_filter" ? "incomplete" : "completed";
}

export type ItemStatus = "in_progress" | "completed" | "incomplete";

export function messageItem(id: string, text: string | null, status: ItemStatus): object {
  return { id, type: "message", status, role: "assistant", content: text === null ? [] : [textPart(text)] };
}

export function textPart(text: string): object {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

export function callItem(id: string, call: ToolCall, status: ItemStatus): object {
  return { id, type: "function_call", status, call_id: call.id, name: call.name, arguments: call.arguments };
}

/** How many of the output tokens were thoughts is left out where no provider reported it: 0 would be a statement. */
function usageObject(usage: Usage | null): object | null {
  if (usage === null) return null;
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0, cache_write_tokens: usage.cacheWriteTokens ?? 0 },
    output_tokens: usage.outputTokens,
    output_tokens_details: usage.reasoningTokens === undefined ? {} : { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
    ...(usage.failedLegs !== undefined && { blastlab_failed_legs: { input_tokens: usage.failedLegs.inputTokens, output_tokens: usage.failedLegs.outputTokens } }),
  };
}

function formatObject(output: OutputFormat | undefined): object {
  if (output === undefined) return { type: "text" };
  if (output.type === "json") return { type: "json_object" };
  const { type, name, schema, description, strict } = output;
  return { type, name, schema, description: description ?? null, strict: strict ?? false };
}

function choiceValue(choice: ToolChoice | undefined): string | object {
  return typeof choice === "object" ? { type: "function", name: choice.name } : (choice ?? "auto");
}

function toolObject({ name, description, parameters, strict }: ToolDefinition): object {
  return { type: "function", name, description: description ?? null, parameters: parameters ?? null, strict: strict ?? false };
}

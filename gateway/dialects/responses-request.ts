import type { ChatMessage, ChatRequest, ContentPart, Json, OutputFormat, Sampling, ToolChoice, ToolDefinition } from "../../kernel/chat.ts";
import { withOwnIds } from "./call-ids.ts";
import { urlOfImage } from "./content-parts.ts";
import { lackingOfOpenai } from "./openai-request.ts";
import { withDefinitions } from "./schema-references.ts";
import { openaiParameters } from "./schemas.ts";
import { resultText } from "./tool-results.ts";
import { openaiUser } from "./user-id.ts";

/**
 * A Responses request's body, from a request of another format. Every turn is in the input. It asks the provider to
 * keep nothing unless the client does: the API's own default is to keep answers.
 */
export function responsesBody(request: ChatRequest, model: string): object {
  const { tools, toolChoice, parallelToolCalls, sampling, hints } = request;
  const text = textFields(request.output, sampling);
  return {
    store: false,
    ...hints,
    ...(typeof hints?.["user"] === "string" && { user: openaiUser(hints["user"]) }),
    model,
    input: withOwnIds(request.messages, callId).flatMap(inputItems),
    stream: request.stream,
    ...(request.maxTokens !== null && { max_output_tokens: request.maxTokens }),
    ...(request.temperature !== null && { temperature: request.temperature }),
    ...(sampling?.topP !== undefined && { top_p: sampling.topP }),
    ...(sampling?.reasoningEffort !== undefined && { reasoning: { effort: sampling.reasoningEffort } }),
    ...(text !== null && { text }),
    ...(tools !== undefined && { tools: tools.map(toolItem) }),
    ...(toolChoice !== undefined && { tool_choice: choiceValue(toolChoice) }),
    ...(parallelToolCalls !== undefined && { parallel_tool_calls: parallelToolCalls }),
  };
}

/** Parameters that the Responses API does not have. */
export function unsupportedByResponses(request: ChatRequest): readonly string[] {
  const { embedding, messages, sampling, source } = request;
  const lacking: readonly (readonly [name: string, isAsked: boolean])[] = [
    ["embeddings", embedding !== undefined],
    ...(source?.format === "openai_responses" ? [] : lackingOfOpenai(request)),
    ["messages[].name", messages.some(({ speaker }) => speaker !== undefined)],
    ["stop", sampling?.stop !== undefined],
    ["top_k", sampling?.topK !== undefined],
    ["presence_penalty", isSet(sampling?.presencePenalty)],
    ["frequency_penalty", isSet(sampling?.frequencyPenalty)],
    ["logit_bias", sampling?.logitBias !== undefined],
  ];
  return lacking.filter(([, isAsked]) => isAsked).map(([name]) => name);
}

/** A penalty of 0 is none. */
function isSet(penalty: number | undefined): boolean {
  return penalty !== undefined && penalty !== 0;
}

/** OpenAI refuses longer ids of calls. Their ends are unique. */
const CALL_ID_LENGTH_MAX = 64;

export function callId(id: string): string {
  return id.slice(-CALL_ID_LENGTH_MAX);
}

/** The items of one message: its calls are items of their own. */
export function inputItems({ role, content: text, parts, toolCalls = [], toolCallId = "", isError }: ChatMessage): readonly object[] {
  const content = resultText(text, isError);
  const output = parts?.some(({ type }) => type === "image") === true ? parts.map(partObject) : content;
  if (role === "tool") return [{ type: "function_call_output", call_id: callId(toolCallId), output }];
  const calls = toolCalls.map(({ id, name, arguments: text }) => ({ type: "function_call", call_id: callId(id), name, arguments: text }));
  return content === "" && calls.length > 0 ? calls : [{ role, content: output }, ...calls];
}

function partObject(part: ContentPart): object {
  if (part.type === "text") return { type: "input_text", text: part.text };
  return { type: "input_image", image_url: urlOfImage(part), detail: part.detail ?? "auto" };
}

/** The API's own default is strict, that of other formats is not. */
export function toolItem({ name, description, parameters, strict }: ToolDefinition): object {
  return { type: "function", name, ...(description !== undefined && { description }), parameters: openaiParameters(parameters ?? {}), strict: strict ?? false };
}

function choiceValue(choice: ToolChoice): Json {
  return typeof choice === "string" ? choice : { type: "function", name: choice.name };
}

function textFields(output: OutputFormat | undefined, sampling: Sampling | undefined): object | null {
  const fields = { ...(output !== undefined && { format: formatObject(output) }), ...(sampling?.verbosity !== undefined && { verbosity: sampling.verbosity }) };
  return Object.keys(fields).length === 0 ? null : fields;
}

function formatObject(output: OutputFormat): object {
  if (output.type === "json") return { type: "json_object" };
  const { type, name, schema, description, strict } = output;
  return { type, name, schema: withDefinitions(schema), ...(description !== undefined && { description }), ...(strict !== undefined && { strict }) };
}

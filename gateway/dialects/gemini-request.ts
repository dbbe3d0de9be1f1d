import type { ChatMessage, ChatRequest, ContentPart, JsonObject, OutputFormat, Sampling, ToolChoice, ToolDefinition } from "../../kernel/chat.ts";
import { lackingOfImages, mediaTypeOf } from "./content-parts.ts";
import { parseExactObject } from "./json.ts";
import { geminiParameters, geminiSchema, lackingOfGeminiSchema, lackingOfSchemas } from "./schemas.ts";
import { argumentsObject } from "./tool-calls.ts";
import { dottedNames, lackingOfNames } from "./tool-names.ts";
import { lackingOfResults } from "./tool-results.ts";

/**
 * Replaces the signature of the thought that led to a call, which Gemini 3 requires, where the history comes from
 * another provider. Source: ai.google.dev, "Thought signatures", 2025-12.
 */
const NO_SIGNATURE = "skip_thought_signature_validator";

const STOPS_MAX = 5;

/** Maximum number of texts in one batchEmbedContents: the API refuses more. */
const BATCH_MAX = 100;

/** A generateContent request's body. */
export function generateBody(request: ChatRequest): object {
  const system = request.messages.filter(({ role, content }) => role === "system" && content !== "").map(({ content }) => content);
  const { tools, toolChoice } = request;
  const generationConfig = generationFields(request);
  return {
    ...(system.length > 0 && { systemInstruction: { role: "user", parts: [{ text: system.join("\n\n") }] } }),
    contents: contentsOf(request.messages.filter(({ role }) => role !== "system")),
    ...(tools !== undefined && { tools: [{ functionDeclarations: tools.map(declarationOf) }] }),
    ...toolConfigOf(tools, toolChoice),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
  };
}

/** A batchEmbedContents request's body. */
export function batchEmbedBody(request: ChatRequest, model: string): object {
  const { dimensions } = request.embedding!;
  const requests = request.messages.map(({ content }) => ({
    model: `models/${model}`,
    content: { parts: [{ text: content }] },
    ...(dimensions !== null && { outputDimensionality: dimensions }),
  }));
  return { requests };
}

/** Kinds of image that the API reads. */
const mediaTypes: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"]);

/** Parameters that generateContent does not have. */
export function unsupportedByGemini(request: ChatRequest): readonly string[] {
  const { embedding, messages, parallelToolCalls, tools, sampling } = request;
  const turns = messages.filter(({ role }) => role !== "system");
  const lacking: readonly (readonly [name: string, isAsked: boolean])[] = [
    ["input", embedding !== undefined && messages.length > BATCH_MAX],
    ["messages (system alone)", embedding === undefined && messages.every(({ role }) => role === "system")],
    ...lackingOfImages(messages, mediaTypes),
    ["messages[].content[] (image by URL)", messages.some(({ parts }) => parts?.some((part) => part.type === "image" && part.source.kind === "url") === true)],
    ["messages (empty)", embedding === undefined && messages.some(isEmpty)],
    /** Both are refused (archestra-ai/archestra pull request 6258, crewAIInc/crewAI pull request 6973). */
    ["messages (begins with a call)", turns[0]?.toolCalls !== undefined],
    ["messages (ends with the assistant)", turns.at(-1)?.role === "assistant"],
    lackingOfNames(request, dottedNames),
    ["messages[].name", messages.some(({ speaker }) => speaker !== undefined)],
    ["stop", (sampling?.stop?.length ?? 0) > STOPS_MAX],
    ["parallel_tool_calls", tools !== undefined && parallelToolCalls === false],
    ["logit_bias", sampling?.logitBias !== undefined],
    ["reasoning_effort", sampling?.reasoningEffort !== undefined],
    ["verbosity", sampling?.verbosity !== undefined],
  ];
  const schemas = lackingOfSchemas(request, (schema, isStrict) => (isStrict ? lackingOfGeminiSchema(schema) : null));
  return [...lacking, lackingOfResults(messages), ...schemas].filter(([, isAsked]) => isAsked).map(([name]) => name);
}

/** The API refuses empty texts (router-for-me/CLIProxyAPI issue 1292). OpenAI accepts them. */
function isEmpty({ role, content, parts, toolCalls }: ChatMessage): boolean {
  return role !== "system" && role !== "tool" && content === "" && toolCalls === undefined && parts?.some(({ type }) => type === "image") !== true;
}

function generationFields({ maxTokens, temperature, sampling, output }: ChatRequest): JsonObject {
  return {
    ...(maxTokens !== null && { maxOutputTokens: maxTokens }),
    ...(temperature !== null && { temperature }),
    ...(sampling !== undefined && samplingFields(sampling)),
    ...(output !== undefined && outputFields(output)),
  };
}

/** A seed has 32 bits here. */
function samplingFields({ topP, topK, stop, seed, presencePenalty, frequencyPenalty }: Sampling): JsonObject {
  return {
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(stop !== undefined && { stopSequences: stop }),
    ...(seed !== undefined && seed === (seed | 0) && { seed }),
    ...(presencePenalty !== undefined && { presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequencyPenalty }),
  };
}

function outputFields(output: OutputFormat): JsonObject {
  const type = { responseMimeType: "application/json" };
  return output.type === "json" ? type : { ...type, responseJsonSchema: geminiSchema(output.schema) };
}

interface Content {
  readonly role: "user" | "model";
  readonly parts: object[];
}

/**
 * Results of the calls of one turn must come in one content, in the order of the calls, named by the function that was
 * called: nothing else tells them apart. There must be as many as there are calls in the turn before them, so that
 * turns of the assistant that follow each other are one.
 */
function contentsOf(messages: readonly ChatMessage[]): readonly Content[] {
  const contents: Content[] = [];
  let place = 0;
  const calls: Calls = new Map();
  let results: ChatMessage[] = [];
  const flush = () => {
    if (results.length > 0) contents.push({ role: "user", parts: resultParts(results, calls) });
    results = [];
  };
  for (const message of messages) {
    if (message.role === "tool") {
      results.push(message);
      continue;
    }
    flush();
    for (const { id, name } of message.toolCalls ?? []) calls.set(id, { name, place: place++ });
    const last = contents.at(-1);
    if (message.role === "assistant" && last?.role === "model") last.parts.push(...partsOf(message));
    else contents.push({ role: message.role === "assistant" ? "model" : "user", parts: [...partsOf(message)] });
  }
  flush();
  return contents;
}

/** Of each call so far its name and its place among all. An id that comes again is that of the later call. */
type Calls = Map<string, { readonly name: string; readonly place: number }>;

function resultParts(results: readonly ChatMessage[], calls: Calls): object[] {
  const called = results.map((result) => ({ result, call: calls.get(result.toolCallId ?? "") }));
  return called.sort((a, b) => (a.call?.place ?? -1) - (b.call?.place ?? -1)).map(({ result, call }) => resultPart(result, call?.name));
}

function partsOf({ content, parts, toolCalls = [] }: ChatMessage): readonly object[] {
  const text = parts !== undefined ? parts.filter((part) => part.type !== "text" || part.text !== "").map(partObject) : content === "" && toolCalls.length > 0 ? [] : [{ text: content }];
  const calls = toolCalls.map(({ name, arguments: json }, index) => ({
    functionCall: { name, args: argumentsObject(json) },
    ...(index === 0 && { thoughtSignature: NO_SIGNATURE }),
  }));
  return [...text, ...calls];
}

function partObject(part: ContentPart): object {
  if (part.type === "text") return { text: part.text };
  const { source } = part;
  return source.kind === "url" ? { fileData: { fileUri: source.url } } : { inlineData: { mimeType: mediaTypeOf(source), data: source.data } };
}

/**
 * Fields that mean something to the API: of an object with `output` or `error` it reads that alone, and it refuses
 * `$ref` and the like (vercel/ai issue 14369).
 */
const meaningful = /"(?:output|error|\$\w+)"\s*:/;

/** The API requires an object: other text goes under `output`, or `error` where the call failed. */
function resultPart({ content, toolCallId = "", isError }: ChatMessage, name = toolCallId): object {
  const object = meaningful.test(content) ? null : parseExactObject(content);
  const response = isError === true ? { error: content } : (object ?? { output: content });
  return { functionResponse: { name, response } };
}

function declarationOf({ name, description, parameters }: ToolDefinition): object {
  const schema = parameters && geminiParameters(parameters);
  return { name, ...(description !== undefined && { description }), ...(schema !== undefined && { parametersJsonSchema: schema }) };
}

/**
 * Where the model decides, `AUTO` does not guarantee a call's arguments. `VALIDATED` keeps them to the schema, as `ANY`
 * does.
 */
function toolConfigOf(tools: readonly ToolDefinition[] = [], choice: ToolChoice | undefined): JsonObject {
  const isStrict = tools.some(({ strict }) => strict === true);
  if (choice === undefined && !isStrict) return {};
  return { toolConfig: { functionCallingConfig: choiceObject(choice ?? "auto", isStrict) } };
}

function choiceObject(choice: ToolChoice, isStrict: boolean): JsonObject {
  if (choice === "auto") return { mode: isStrict ? "VALIDATED" : "AUTO" };
  if (choice === "none") return { mode: "NONE" };
  if (choice === "required") return { mode: "ANY" };
  return { mode: "ANY", allowedFunctionNames: [choice.name] };
}

/** What is learnt of an answer from one event of its stream, or from the whole of it: never its text. */
export interface AnswerFacts {
  /** It carries something that was generated. */
  readonly content: boolean;
  readonly outputTokens: number | null;
  /** A stream ends here, and well. */
  readonly terminal: boolean;
}

const nothing: AnswerFacts = { content: false, outputTokens: null, terminal: false };

/**
 * One event of a stream: OpenAI's chat completions and responses, Anthropic's messages, Gemini, and compatible formats.
 */
export function eventFacts(data: string): AnswerFacts {
  if (data === "[DONE]") return { ...nothing, terminal: true };
  const event = objectOf(parse(data));
  const type = typeof event["type"] === "string" ? event["type"] : "";
  return {
    content: hasContent(event, type),
    outputTokens: tokensOf(event) ?? tokensOf(objectOf(event["response"])),
    terminal: /^(message_stop|response\.(completed|incomplete))$/.test(type) || listOf(event["candidates"]).some((one) => typeof objectOf(one)["finishReason"] === "string"),
  };
}

/** The token count in the usage of a whole JSON answer. */
export function wholeTokens(body: string): number | null {
  return tokensOf(objectOf(parse(body)));
}

function hasContent(event: Loose, type: string): boolean {
  if (/^content_block_delta$|^response\..+\.delta$/.test(type)) return true;
  const delta = objectOf(objectOf(listOf(event["choices"])[0])["delta"]);
  const texts = [delta["content"], delta["reasoning_content"], objectOf(listOf(event["choices"])[0])["text"]];
  if (texts.some((text) => typeof text === "string" && text !== "")) return true;
  if (listOf(delta["tool_calls"]).some((call) => textLength(objectOf(objectOf(call)["function"])["arguments"]) > 0)) return true;
  return listOf(objectOf(objectOf(listOf(event["candidates"])[0])["content"])["parts"]).length > 0;
}

const textLength = (value: unknown): number => (typeof value === "string" ? value.length : 0);

/** `usage.completion_tokens`, `usage.output_tokens`, `usage.outputTokens`, `usageMetadata.candidatesTokenCount`. */
function tokensOf(value: Loose): number | null {
  const usage = objectOf(value["usage"]);
  const counts = [usage["completion_tokens"], usage["output_tokens"], usage["outputTokens"], objectOf(value["usageMetadata"])["candidatesTokenCount"]];
  return counts.find((count): count is number => typeof count === "number" && Number.isFinite(count) && count > 0) ?? null;
}

type Loose = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Loose => (typeof value === "object" && value !== null ? (value as Loose) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

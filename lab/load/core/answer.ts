import type { Usage } from "../../../kernel/chat.ts";

/** The part of a `ClientRecord` that comes from an answer's body, as far as it has been read. */
export interface Answer {
  readonly terminal: boolean;
  readonly finishReason: string | null;
  readonly errorCode: string | null;
  readonly text: string;
  readonly model: string | null;
  readonly usage: Usage | null;
}

export const noAnswer: Answer = { terminal: false, finishReason: null, errorCode: null, text: "", model: null, usage: null };

/** The `errorCode` of a body or an event that is not a JSON object, or is too long. */
export const unreadable = "unreadable";

/** Reads the whole body of an answer or an error that is not a stream, in the format of OpenAI's chat completions. */
export function readWhole(body: string): Answer {
  const value = parseObject(body);
  if (value === null) return { ...noAnswer, errorCode: unreadable };
  const choice = objectOf(listOf(value["choices"])[0]);
  return {
    terminal: true,
    finishReason: textOf(choice["finish_reason"]),
    errorCode: errorCodeOf(value),
    text: textOf(objectOf(choice["message"])["content"]) ?? "",
    model: textOf(value["model"]),
    usage: usageOf(value),
  };
}

/**
 * Adds one event of a stream to the answer. `[DONE]` is the terminal event; an `error` object in an event is an in-band
 * error.
 */
export function readEvent(answer: Answer, data: string): Answer {
  if (data === "[DONE]") return { ...answer, terminal: true };
  const value = parseObject(data);
  if (value === null) return { ...answer, errorCode: answer.errorCode ?? unreadable };
  const choice = objectOf(listOf(value["choices"])[0]);
  return {
    terminal: answer.terminal,
    finishReason: textOf(choice["finish_reason"]) ?? answer.finishReason,
    errorCode: answer.errorCode ?? errorCodeOf(value),
    text: answer.text + (textOf(objectOf(choice["delta"])["content"]) ?? ""),
    model: answer.model ?? textOf(value["model"]),
    usage: usageOf(value) ?? answer.usage,
  };
}

type Loose = Readonly<Record<string, unknown>>;

function parseObject(text: string): Loose | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Loose) : null;
  } catch {
    return null;
  }
}

const objectOf = (value: unknown): Loose => (typeof value === "object" && value !== null ? (value as Loose) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** `error.code`, else `error.type`, else `unknown`. Null without an error. */
function errorCodeOf(value: Loose): string | null {
  if (value["error"] === undefined || value["error"] === null) return null;
  const error = objectOf(value["error"]);
  const code = error["code"];
  return textOf(code) ?? (typeof code === "number" ? String(code) : null) ?? textOf(error["type"]) ?? "unknown";
}

function usageOf(value: Loose): Usage | null {
  const usage = objectOf(value["usage"]);
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = usage;
  return typeof inputTokens === "number" && typeof outputTokens === "number" ? { inputTokens, outputTokens } : null;
}

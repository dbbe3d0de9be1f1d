/** What a candidate sent to a question: its status and its whole body. */
interface Sent {
  readonly status: number;
  readonly text: string;
}

type Field = readonly [path: string, type: "string" | "number"];

/**
 * What the official clients read of a chat completion, of a stream's events and of an error, as gateway/contract/golden
 * records it.
 */
const recorded = {
  answer: [["id", "string"], ["model", "string"], ["choices.0.message.content", "string"], ["choices.0.finish_reason", "string"], ["usage.prompt_tokens", "number"], ["usage.completion_tokens", "number"]],
  stream: [["id", "string"], ["model", "string"], ["choices.0.delta.content", "string"], ["choices.0.finish_reason", "string"]],
  error: [["error.message", "string"], ["error.type", "string"], ["error.code", "string"]],
} as const satisfies Record<string, readonly Field[]>;

/** What of the contract of chat completions an answer breaks; null: nothing. */
export const brokenAnswer = ({ text }: Sent): string | null => missingIn("an answer", recorded.answer, [jsonOf(text)]);

/**
 * The same of a stream: each field is in one of its events, and the last event ends it. One that its provider broke off
 * ends with an error instead.
 */
export function brokenStream({ text }: Sent): string | null {
  const data = text.split(/\r?\n/).flatMap((line) => (line.startsWith("data:") ? [line.slice("data:".length).trim()] : []));
  const last = jsonOf(data.at(-1) ?? "");
  if (at(last, "error") !== undefined) return missingIn("an error", recorded.error, [last]);
  if (data.at(-1) !== "[DONE]") return "a stream does not end with data: [DONE]";
  return missingIn("a stream", recorded.stream, data.slice(0, -1).map(jsonOf));
}

/** The same of a refusal. */
export function brokenError({ status, text }: Sent): string | null {
  return status >= 400 ? missingIn("an error", recorded.error, [jsonOf(text)]) : `a route that is not there was answered with status ${status}`;
}

function missingIn(what: string, fields: readonly Field[], values: readonly unknown[]): string | null {
  const missing = fields.find(([path, type]) => !values.some((value) => typeof at(value, path) === type));
  return missing === undefined ? null : `${what} has no ${missing[1]} ${missing[0]}`;
}

const at = (value: unknown, path: string): unknown => path.split(".").reduce((found: unknown, key) => (typeof found === "object" && found !== null ? (found as Readonly<Record<string, unknown>>)[key] : undefined), value);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

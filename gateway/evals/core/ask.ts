import { messageOf } from "../../../kernel/errors.ts";
import type { Json } from "./corpus.ts";
import { filledIn } from "./fill-in.ts";
import type { Answer } from "./run-gate.ts";
import type { Score } from "./score.ts";

/** Waits before a request is sent again, in ms. */
const retryAfterMs = [500, 2_000];
/**
 * The request itself is what the server does not accept. Other statuses are about the key, the address or the server's
 * health.
 */
const refusals = new Set([400, 413, 415, 422]);

type Vars = Readonly<Record<string, Json>>;

export interface AskPorts {
  /** Sends the body to chat completions. Rejects where there is no answer. */
  readonly send: (body: string) => Promise<{ readonly status: number; readonly text: string }>;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Asks an OpenAI-compatible server one question. Unavailable servers are asked up to three times. Never rejects. */
export async function askVersion(body: Json, vars: Vars, ports: AskPorts): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await askOnce(body, vars, ports);
    const waitMs = retryAfterMs[attempt];
    if (answer.kind !== "unavailable" || waitMs === undefined) return answer;
    await ports.sleep(waitMs);
  }
}

async function askOnce(body: Json, vars: Vars, { send }: AskPorts): Promise<Answer> {
  try {
    const { status, text } = await send(JSON.stringify(filledIn(body, vars)));
    if (status !== 200) return { kind: refusals.has(status) ? "refused" : "unavailable", reason: `status ${status}` };
    const content = contentOf(text);
    return content === null ? { kind: "unavailable", reason: "the answer is not a chat completion" } : { kind: "answer", text: content };
  } catch (error) {
    return error instanceof RangeError ? { kind: "refused", reason: error.message } : { kind: "unavailable", reason: messageOf(error) };
  }
}

/** The text of a chat completion; its tool calls as JSON where it has no text. Null: it is none. */
function contentOf(text: string): string | null {
  const [choice] = (parsed(text) as { choices?: readonly { message?: { content?: unknown; tool_calls?: unknown } }[] } | null)?.choices ?? [];
  const { content, tool_calls: toolCalls } = choice?.message ?? {};
  if (typeof content === "string") return content;
  return toolCalls === undefined ? null : JSON.stringify(toolCalls);
}

/**
 * Asks the judge, who answers with JSON: `{"pass": true, "score": 0.9, "reason": "…"}`; the score is 1 or 0 where it
 * gives none. Null: no such answer.
 */
export async function askJudge(body: Json, [question, answer, rubric]: readonly [string, string, string], ports: AskPorts): Promise<Score | null> {
  const answered = await askVersion(body, { question, answer, rubric }, ports);
  if (answered.kind !== "answer") return null;
  const verdict = parsed(/\{.*\}/s.exec(answered.text)?.[0] ?? "") as { pass?: unknown; score?: unknown; reason?: unknown } | null;
  if (typeof verdict?.pass !== "boolean") return null;
  const { pass, score, reason } = verdict;
  const isScore = typeof score === "number" && score >= 0 && score <= 1;
  return { passes: pass, score: isScore ? score : Number(pass), reason: pass ? "" : `the judge: ${typeof reason === "string" ? reason : "no reason"}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

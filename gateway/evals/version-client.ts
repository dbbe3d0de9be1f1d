import { request } from "undici";
import { readBody } from "../../kernel/bounded-body.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Secrets } from "../../kernel/seams.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { Json } from "./core/corpus.ts";
import { filledIn } from "./core/fill-in.ts";
import type { Answer } from "./core/run-gate.ts";
import type { Score } from "./core/score.ts";
import type { Asked } from "./gate-file.ts";

const answerBytesMax = 4 << 20;
/** Waits before a request is sent again, in ms. */
const retryAfterMs = [500, 2_000];
/** The request itself is what the server does not accept. Other statuses are about the key, the address or the server's health. */
const refusals = new Set([400, 413, 415, 422]);

export interface ClientOptions {
  readonly secrets: Secrets;
  readonly timeoutMs: number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Asks an OpenAI-compatible server one question. Unavailable servers are asked up to three times. Never rejects. */
export async function askVersion(asked: Asked, vars: Readonly<Record<string, Json>>, options: ClientOptions): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await askOnce(asked, vars, options);
    const waitMs = retryAfterMs[attempt];
    if (answer.kind !== "unavailable" || waitMs === undefined) return answer;
    await options.sleep(waitMs);
  }
}

async function askOnce({ url, key, headers, body }: Asked, vars: Readonly<Record<string, Json>>, { secrets, timeoutMs }: ClientOptions): Promise<Answer> {
  try {
    const authorization = key === undefined ? {} : { authorization: `Bearer ${await secrets.read(key, neverSignal)}` };
    const text = JSON.stringify(filledIn(body as Json, vars));
    const sent = { method: "POST" as const, headers: { "content-type": "application/json", ...authorization, ...headers }, body: text };
    const response = await request(url, { ...sent, signal: AbortSignal.timeout(timeoutMs) });
    return answerOf(response.statusCode, await readBody(response.body, answerBytesMax));
  } catch (error) {
    return error instanceof RangeError ? { kind: "refused", reason: error.message } : { kind: "unavailable", reason: messageOf(error) };
  }
}

function answerOf(status: number, text: string): Answer {
  if (status !== 200) return { kind: refusals.has(status) ? "refused" : "unavailable", reason: `status ${status}` };
  const content = contentOf(text);
  return content === null ? { kind: "unavailable", reason: "the answer is not a chat completion" } : { kind: "answer", text: content };
}

/** The text of a chat completion; its tool calls as JSON where it has no text. Null: it is none. */
function contentOf(text: string): string | null {
  const [choice] = (parsed(text) as { choices?: readonly { message?: { content?: unknown; tool_calls?: unknown } }[] } | null)?.choices ?? [];
  const { content, tool_calls: toolCalls } = choice?.message ?? {};
  if (typeof content === "string") return content;
  return toolCalls === undefined ? null : JSON.stringify(toolCalls);
}

/** Asks the judge, who answers with JSON: `{"pass": true, "score": 0.9, "reason": "…"}`; the score is 1 or 0 where it gives none. Null: no such answer. */
export async function askJudge(judge: Asked, [question, answer, rubric]: readonly [string, string, string], options: ClientOptions): Promise<Score | null> {
  const said = await askVersion(judge, { question, answer, rubric }, options);
  if (said.kind !== "answer") return null;
  const verdict = parsed(/\{.*\}/s.exec(said.text)?.[0] ?? "") as { pass?: unknown; score?: unknown; reason?: unknown } | null;
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

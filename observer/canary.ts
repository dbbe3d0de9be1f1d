import { z } from "zod";
import { messageOf } from "../kernel/errors.ts";
import { messageDigest, nameLetters } from "../kernel/mark.ts";
import type { FailureKind } from "../kernel/outcome.ts";
import type { Cell, Plan } from "../kernel/plan.ts";
import type { CanaryRecord } from "../kernel/records.ts";
import { BodyTooLong, readBody } from "../kernel/bounded-body.ts";
import { readAnswer } from "./measure/answer-text.ts";
import { canaryPrefix } from "./measure/knowledge.ts";
import type { ObserverConfig } from "./config.ts";

const probeTimeoutMs = 10_000;
/** A whole answer to the prompt has some hundred bytes. */
const answerBytesMax = 1 << 20;
const words = 4;
/** Letters alone, and no workload's prompt: its digest is in no plan. */
const prompt = "the observer asks whether anybody is there";

/** One way to probe: a route, as a client of its first cell would use it. */
export interface Probe {
  readonly route: string;
  readonly target: string;
  readonly key: string;
}

/** A probe for each route that a cell uses. A route whose region or key is not configured has none. */
export function probesOf(plan: Plan, config: Pick<ObserverConfig, "targets" | "keys">): readonly Probe[] {
  return plan.routes.flatMap(({ name }) => {
    const cell = plan.cells.find(({ route }) => route === name);
    const target = cell === undefined ? undefined : config.targets[cell.region];
    const key = cell === undefined ? undefined : keyOf(cell, config.keys);
    return target === undefined || key === undefined ? [] : [{ route: name, target, key }];
  });
}

function keyOf(cell: Cell, keys: ObserverConfig["keys"]): string | undefined {
  return keys["observer/canary"] ?? keys[`${cell.team}/${cell.feature}`];
}

const answerSchema = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) });

/** Sends one probe and returns its result. Never rejects. `ok` iff the answer is whole, to this prompt, and by one of the route's deployments. */
export async function sendProbe(probe: Probe, given: { readonly plan: Plan; readonly number: number; readonly nowMs: () => number }): Promise<CanaryRecord> {
  const requestId = `${canaryPrefix}${probe.route}-${given.number}`;
  const sentMs = given.nowMs();
  const seen = await exchange(probe, requestId, given.plan);
  return { probe: requestId, route: probe.route, sentMs, endMs: given.nowMs(), ...seen, ok: seen.failure === null && seen.detail === "" };
}

async function exchange(probe: Probe, requestId: string, plan: Plan): Promise<Pick<CanaryRecord, "status" | "failure" | "detail">> {
  let status: number | null = null;
  try {
    const response = await fetch(`${probe.target}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${probe.key}`, "x-client-request-id": requestId },
      body: JSON.stringify({ model: probe.route, messages: [{ role: "user", content: prompt }], max_tokens: words, stream: false }),
      signal: AbortSignal.timeout(probeTimeoutMs),
    });
    status = response.status;
    const body = await readBody(response.body, answerBytesMax);
    if (!response.ok) return { status, failure: failureOf(status), detail: body.slice(0, 200) };
    const parsed = answerSchema.safeParse(parseJson(body));
    if (!parsed.success) return { status, failure: "malformed", detail: body.slice(0, 200) };
    return { status, ...judgeText(parsed.data.choices[0]!.message.content, probe.route, plan) };
  } catch (error) {
    if (error instanceof BodyTooLong) return { status, failure: "malformed", detail: error.message };
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    return { status, failure: timedOut ? "total_timeout" : connectionFailure(error, status), detail: causeOf(error) };
  }
}

/** An answer that is not the one to this probe has no failure kind of its own: its detail names the problem. */
export function judgeText(text: string, route: string, plan: Plan): Pick<CanaryRecord, "failure" | "detail"> {
  const reading = readAnswer(text, false);
  if (reading.fault !== null) return { failure: "contract", detail: `${reading.fault.kind}: ${reading.fault.detail}` };
  if (!reading.whole) return { failure: "truncated", detail: "the answer does not close" };
  const allowed = new Set(plan.routes.find(({ name }) => name === route)?.deployments.map(nameLetters));
  const digest = messageDigest(plan.markKey, prompt);
  if (reading.legs.some(({ mark }) => mark.digest !== digest)) return { failure: "contract", detail: "an answer to another message" };
  if (!reading.legs.every(({ mark }) => allowed.has(mark.deployment))) return { failure: "contract", detail: `an answer by a deployment outside route ${route}` };
  return { failure: null, detail: "" };
}

function failureOf(status: number): FailureKind {
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "overloaded";
  if (status === 401 || status === 403) return "auth";
  if (status === 404 || status === 410) return "not_found";
  return status >= 500 ? "server_error" : "bad_request";
}

/** After the headers it is a break; before them the runtime's error code decides. */
function connectionFailure(error: unknown, status: number | null): FailureKind {
  const code = (error as { cause?: { code?: string } }).cause?.code ?? "";
  if (code === "ECONNREFUSED") return "refused";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "dns";
  if (code === "UND_ERR_CONNECT_TIMEOUT") return "connect_timeout";
  if (code === "ECONNRESET" || code === "EPIPE") return "reset";
  return status === null ? "closed_early" : "truncated";
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

import { BodyTooLong, readBody } from "../kernel/bounded-body.ts";
import { messageOf } from "../kernel/errors.ts";
import type { FailureKind } from "../kernel/outcome.ts";
import type { Plan } from "../kernel/plan.ts";
import type { CanaryRecord } from "../kernel/records.ts";
import { canaryRecord, judgeResponse, probeRequest, probeTimes, type Probe, type ProbeResult } from "./measure/probe.ts";

/** A whole answer to the prompt has some hundred bytes. */
const answerBytesMax = 1 << 20;

/** Sends one probe and returns its result. Never rejects. */
export async function sendProbe(probe: Probe, given: { readonly plan: Plan; readonly number: number; readonly nowMs: () => number }): Promise<CanaryRecord> {
  const sentMs = given.nowMs();
  const seen = await exchange(probe, given.number, given.plan);
  return canaryRecord(probe, given.number, { sentMs, endMs: given.nowMs(), ...seen });
}

async function exchange(probe: Probe, number: number, plan: Plan): Promise<ProbeResult> {
  let status: number | null = null;
  try {
    const { method, url, headers, body } = probeRequest(probe, number);
    const response = await fetch(url, { method, headers, body: new Uint8Array(body), redirect: "manual", signal: AbortSignal.timeout(probeTimes.timeoutMs) });
    status = response.status;
    return judgeResponse(status, await readBody(response.body, answerBytesMax), probe.route, plan);
  } catch (error) {
    if (error instanceof BodyTooLong) return { status, failure: "malformed", detail: error.message };
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    return { status, failure: timedOut ? "total_timeout" : connectionFailure(error, status), detail: causeOf(error) };
  }
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

import type { Clock } from "../../kernel/clock.ts";
import type { FailureKind } from "../../kernel/outcome.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { CanaryRecord } from "../../kernel/records.ts";
import { Cancelled, Canceller } from "../../kernel/signal.ts";
import { TransportError, type Transport, type TransportFailure } from "../../kernel/transport.ts";
import { utf8Stream } from "../../kernel/utf8.ts";
import { canaryRecord, judgeResponse, probeRequest, probesOf, probeTimes, type Probe, type ProbeConfig, type ProbeResult } from "../../observer/measure/probe.ts";

interface ProbeSeams {
  readonly plan: Plan;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly config: ProbeConfig;
  readonly emit: (record: CanaryRecord) => void;
}

/**
 * The observer's own probes: one of each route every two seconds, from the timeline's zero to the last intended send,
 * as live. None waits for another.
 */
export function probeRoutes(seams: ProbeSeams): void {
  const { plan, clock, config, emit } = seams;
  const probes = probesOf(plan, config);
  for (let number = 0; number * probeTimes.everyMs <= plan.timeline.endMs; number++) {
    clock.at(number * probeTimes.everyMs, () => {
      for (const probe of probes) void send(probe, number, seams).then(emit);
    });
  }
}

async function send(probe: Probe, number: number, seams: ProbeSeams): Promise<CanaryRecord> {
  const { clock } = seams;
  const sentMs = clock.nowMs();
  const impatience = new Canceller();
  const stopTimer = clock.at(sentMs + probeTimes.timeoutMs, () => impatience.cancel("timeout"));
  const seen = await exchange(probe, { number, impatience, ...seams });
  stopTimer();
  return canaryRecord(probe, number, { sentMs, endMs: clock.nowMs(), ...seen });
}

async function exchange(probe: Probe, { number, impatience: { signal }, transport, plan }: ProbeSeams & { number: number; impatience: Canceller }): Promise<ProbeResult> {
  let status: number | null = null;
  try {
    const response = await transport.open(probeRequest(probe, number), signal);
    status = response.status;
    const decoder = utf8Stream();
    let body = "";
    for await (const bytes of response.body) body += decoder.push(bytes);
    return judgeResponse(status, body + decoder.end(), probe.route, plan);
  } catch (error) {
    if (signal.aborted && (error instanceof TransportError || error instanceof Cancelled)) return { status, failure: "total_timeout", detail: "no whole answer in time" };
    if (error instanceof TransportError) return { status, failure: status === null ? failures[error.kind] : "truncated", detail: error.message };
    throw error;
  }
}

/** Before the headers, by how the connection failed. */
const failures: Readonly<Record<TransportFailure, FailureKind>> = {
  dns: "dns",
  refused: "refused",
  connect_timeout: "connect_timeout",
  reset: "reset",
  closed_early: "closed_early",
  headers_too_large: "headers_too_large",
  aborted: "closed_early",
};

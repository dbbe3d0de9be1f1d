import type { PlannedIncident, PlannedPhase } from "../../kernel/plan.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { Clock } from "../../kernel/seams.ts";
import { wilson } from "../../kernel/stats.ts";
import { TransportError, type Handler, type WireRequest } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { ProviderDialect } from "./contracts.ts";
import { halfWidthMax, jointZ, requestsFor } from "./sampling.ts";

/** How one request of the driver ended, in a plain client's eyes. */
export interface DrivenRequest {
  readonly id: string;
  /** Index of the phase that it was sent in. */
  readonly phase: number;
  /** Null: the connection broke before any status. */
  readonly status: number | null;
  readonly end: "complete" | "failed" | "truncated";
}

/** What was seen of one phase beside what was planned. */
export interface PhaseSight {
  readonly phase: PlannedPhase;
  readonly sent: number;
  readonly failed: number;
  /** Interval of the error rate; all phases' intervals hold at once with 95 %. */
  readonly interval: readonly [low: number, high: number];
  /** The interval is narrow enough and holds the planned rate. */
  readonly seen: boolean;
}

export interface DriveOptions {
  readonly clock: Clock;
  /** A simulator, or anything else that answers as one. */
  readonly handle: Handler;
  readonly dialect: Pick<ProviderDialect, "answerPath">;
  readonly model: string;
  readonly incident: PlannedIncident;
  readonly stream?: boolean;
  /** Requests in a phase; by default as many as its rate needs. */
  readonly requestsIn?: (phase: PlannedPhase) => number;
}

/**
 * A client straight at a simulator: plays every phase of an incident open-loop, evenly spread over it, ids `<incident>-<phase>-<n>`. Resolves
 * when all have ended; the caller lets the clock run.
 */
export async function driveIncident(options: DriveOptions): Promise<readonly DrivenRequest[]> {
  const { incident } = options;
  const z = jointZ(incident.phases.length);
  const requestsIn = options.requestsIn ?? ((phase) => requestsFor(phase.errorRate, z));
  const driven: Promise<DrivenRequest>[] = [];
  for (const phase of incident.phases) {
    const count = requestsIn(phase);
    const gapMs = (phase.toMs - phase.fromMs) / count;
    for (let index = 0; index < count; index++) {
      const id = `${incident.incident}-${phase.index}-${index}`;
      driven.push(driveAt(options, { id, phase: phase.index, atMs: phase.fromMs + (index + 0.5) * gapMs }));
    }
  }
  return Promise.all(driven);
}

/** What the driven requests say of each phase. Pure: it can be recomputed from a recording. */
export function sightOf(incident: PlannedIncident, driven: readonly DrivenRequest[]): readonly PhaseSight[] {
  const z = jointZ(incident.phases.length);
  return incident.phases.map((phase) => {
    const mine = driven.filter((request) => request.phase === phase.index);
    const failed = mine.filter((request) => request.end === "failed").length;
    const interval = wilson(failed, mine.length, z);
    const narrow = (interval[1] - interval[0]) / 2 <= halfWidthMax(phase.errorRate);
    const seen = narrow && interval[0] <= phase.errorRate && phase.errorRate <= interval[1];
    return { phase, sent: mine.length, failed, interval, seen };
  });
}

function driveAt(options: DriveOptions, request: { id: string; phase: number; atMs: number }): Promise<DrivenRequest> {
  const { id, phase, atMs } = request;
  return new Promise((resolve, reject) => {
    options.clock.at(atMs, () => {
      drive(options.handle, requestOf(options, id)).then((end) => resolve({ id, phase, ...end }), reject);
    });
  });
}

/** Sends one request and reads its answer to the end, in whatever way it ends. */
async function drive(handle: Handler, request: WireRequest): Promise<Pick<DrivenRequest, "status" | "end">> {
  let status: number | null = null;
  try {
    const response = await handle(request, neverSignal);
    status = response.status;
    for await (const _ of response.body);
    return { status, end: status >= 400 ? "failed" : "complete" };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { status, end: status === null || status >= 400 ? "failed" : "truncated" };
  }
}

/** The shape that all dialects share, with the credentials of each. */
function requestOf(options: DriveOptions, id: string): WireRequest {
  const { model, stream = false } = options;
  const body = { model, messages: [{ role: "user", content: `drive ${id}` }], max_tokens: 1, stream };
  const headers = { authorization: "Bearer drive", "anthropic-version": "2023-06-01", "x-client-request-id": id };
  return { method: "POST", path: options.dialect.answerPath, headers, body: utf8Bytes(JSON.stringify(body)) };
}

import type { Clock } from "../../../kernel/clock.ts";
import { Canceller, type Signal } from "../../../kernel/signal.ts";
import { TransportError, type TransportRequest, type TransportResponse } from "../../../kernel/transport.ts";
import { utf8Stream } from "../../../kernel/utf8.ts";
import { answerKind, hasBegun } from "./answer.ts";
import type { Subject } from "./subject.ts";
import { expectedMark, wireRequestOf, type Trial } from "./trials.ts";

/** How the driver reaches a deployment; `newConnection` is a demand, not a hint. */
export interface Way {
  open(request: TransportRequest, newConnection: boolean, signal: Signal): Promise<TransportResponse>;
}

/** What the client of one trial saw. */
export interface Seen {
  readonly id: string;
  readonly phase: number;
  readonly population: number;
  readonly end: "whole" | "truncated" | "wrong" | "failed";
  /** Of a failure, in the words of a status mix: an HTTP status, `timeout`, `reset`, `dns`; or what else it was. */
  readonly how: string | null;
  /** Of a stream that began to answer. */
  readonly firstTokenMs: number | null;
  readonly sentMs: number;
}

export interface DriveOptions {
  readonly clock: Clock;
  readonly subject: Subject;
  /** By time. */
  readonly trials: readonly Trial[];
  /** Base URL, without a slash at its end, by deployment. */
  readonly urls: ReadonlyMap<string, string>;
  readonly way: Way;
}

/** Sends every trial at its time, open-loop, and resolves when all have ended; the caller lets a virtual clock run. */
export async function driveTrials(options: DriveOptions): Promise<readonly Seen[]> {
  const { clock, trials } = options;
  const seen: Promise<Seen>[] = [];
  await new Promise<void>((resolve) => {
    const sendFrom = (index: number) => {
      const trial = trials[index];
      if (trial === undefined) return resolve();
      clock.at(trial.atMs, () => {
        seen.push(drive(options, trial));
        sendFrom(index + 1);
      });
    };
    sendFrom(0);
  });
  return Promise.all(seen);
}

async function drive(options: DriveOptions, trial: Trial): Promise<Seen> {
  const { clock } = options;
  const { id, phase, population } = trial;
  const head = { id, phase, population, sentMs: clock.nowMs() };
  if (trial.lookupFails) return { ...head, end: "failed", how: "dns", firstTokenMs: null };
  const patience = new Canceller();
  const disarm = clock.at(clock.nowMs() + trial.patienceMs, () => patience.cancel("patience"));
  try {
    return { ...head, ...(await exchange(options, trial, patience.signal)) };
  } finally {
    disarm();
  }
}

async function exchange(options: DriveOptions, trial: Trial, signal: Signal): Promise<Pick<Seen, "end" | "how" | "firstTokenMs">> {
  const { clock, subject, urls, way } = options;
  const population = subject.populations[trial.population]!;
  const { path, headers, body } = wireRequestOf(trial, population);
  const sentMs = clock.nowMs();
  const text = utf8Stream();
  let status: number | null = null;
  let received = "";
  let firstTokenMs: number | null = null;
  try {
    const response = await way.open({ method: "POST", url: `${urls.get(population.deployment.name)}${path}`, headers, body }, trial.newConnection, signal);
    status = response.status;
    for await (const chunk of response.body) {
      received += text.push(chunk);
      if (trial.stream && firstTokenMs === null && hasBegun(received)) firstTokenMs = clock.nowMs() - sentMs;
    }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    if (status === null || status >= 400) return { end: "failed", how: status === null ? failureWord(error, signal, clock.nowMs() - sentMs) : `${status}`, firstTokenMs: null };
    if (signal.aborted) return { end: "failed", how: "timeout", firstTokenMs };
    return { end: "truncated", how: null, firstTokenMs };
  }
  if (status >= 400) return { end: "failed", how: `${status}`, firstTokenMs: null };
  return { end: answerKind(received, expectedMark(trial, population, subject.markKey)), how: null, firstTokenMs };
}

/** A provider that hangs up after a minute without an answer was silent, for a client who had more patience than it. */
const silenceMs = 60_000;

function failureWord(error: TransportError, signal: Signal, waitedMs: number): string {
  if (signal.aborted || error.kind === "aborted") return "timeout";
  return error.kind === "closed_early" && waitedMs >= silenceMs ? "timeout" : error.kind;
}

import { readFileSync } from "node:fs";
import type { Arrival } from "../../kernel/plan.ts";
import type { ClientEnd, ClientRecord } from "../../kernel/records.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { noAnswer, readEvent, readWhole, type Answer } from "./core/answer.ts";
import { droppedRecord, identityOf } from "./core/exchange.ts";
import { EventStreamReader } from "./core/sse.ts";

/** A line of the output of scenarios/k6/replay.ts. */
type K6Line = { readonly type: "sent"; readonly arrival: number; readonly sentMs: number } | K6Answer;

interface K6Answer {
  readonly type: "answered";
  readonly arrival: number;
  /** On the run's timeline, whole ms. */
  readonly sentMs: number;
  /** 0 when the exchange failed, whatever had come by then. */
  readonly status: number;
  readonly errorCode: number;
  readonly error: string;
  readonly contentType: string | null;
  readonly deployment: string | null;
  readonly body: string | null;
  readonly headersAfterMs: number;
  readonly endAfterMs: number;
}

/**
 * What k6 saw, as records. k6 buffers bodies, so a stream's first token is taken at its headers: true only of a system that holds them
 * until then. Of an exchange that broke k6 forgets status and headers: both are null then, the text that had come is kept.
 *
 * Without `stoppedAtMs` every arrival gives a record: `dropped` when k6 never sent it. With it (k6 was stopped, ms on the run's timeline),
 * requests in flight are `aborted`, arrivals due earlier and not sent are `dropped`, later ones are left out, as `replay` does. A k6 that is
 * told to stop wakes the iterations that wait for their time, and breaks off what they then send: none of that is a record.
 */
export function k6Records(file: string, arrivals: readonly Arrival[], stoppedAtMs: number | null = null): readonly ClientRecord[] {
  const sent = new Map<number, number>();
  const answered = new Map<number, K6Answer>();
  for (const line of wholeLines(readFileSync(file, "utf8"))) {
    if (line.type === "sent") sent.set(line.arrival, line.sentMs);
    else answered.set(line.arrival, line);
  }
  const due = stoppedAtMs === null ? arrivals : arrivals.filter(({ atMs }) => atMs < stoppedAtMs);
  return due.flatMap((arrival): readonly ClientRecord[] => {
    const answer = answered.get(arrival.index);
    if (answer !== undefined && !brokenByStop(answer, stoppedAtMs)) return [recordOf(arrival, answer)];
    const sentMs = sent.get(arrival.index);
    if (sentMs !== undefined) return [abandonedRecord(arrival, sentMs, stoppedAtMs)];
    return [droppedRecord(arrival, stoppedAtMs ?? arrival.atMs)];
  });
}

/** It failed, and not before k6 was told to stop. */
function brokenByStop({ status, sentMs, endAfterMs }: K6Answer, stoppedAtMs: number | null): boolean {
  return stoppedAtMs !== null && status === 0 && sentMs + endAfterMs >= stoppedAtMs;
}

/** A k6 that was killed leaves its last line cut. */
function wholeLines(text: string): readonly K6Line[] {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as K6Line);
}

function recordOf(arrival: Arrival, line: K6Answer): ClientRecord {
  const end = line.errorCode === 0 || line.status > 0 ? "complete" : brokenEnd(line);
  const answer = answerOf(arrival, line, end);
  return {
    ...identityOf(arrival),
    sentMs: line.sentMs,
    firstTokenMs: arrival.stream && answer.text !== "" ? line.sentMs + line.headersAfterMs : null,
    endMs: line.sentMs + line.endAfterMs,
    end,
    status: line.status === 0 ? null : line.status,
    claimedDeployment: line.deployment,
    ...answer,
  };
}

function answerOf(arrival: Arrival, line: K6Answer, end: ClientEnd): Answer {
  const isStream = line.contentType === null ? arrival.stream : line.contentType.startsWith("text/event-stream");
  if (isStream) return new EventStreamReader().push(utf8Bytes(line.body ?? "")).reduce(readEvent, noAnswer);
  return end === "complete" ? readWhole(line.body ?? "") : noAnswer;
}

/** By k6's error codes (grafana.com/docs/k6, "Error codes"): 11xx name resolution, 12xx TCP, 1050 its own timeout. */
function brokenEnd({ errorCode, error }: K6Answer): ClientEnd {
  if (errorCode === 1050) return "timeout";
  if (errorCode === 1211) return "connect_timeout";
  if (errorCode === 1212 || errorCode === 1210 || (errorCode >= 1100 && errorCode < 1200)) return "refused";
  return error.includes("EOF") ? "closed_early" : "reset";
}

function abandonedRecord(arrival: Arrival, sentMs: number, stoppedAtMs: number | null): ClientRecord {
  const endMs = Math.max(sentMs, stoppedAtMs ?? sentMs);
  return { ...droppedRecord(arrival, endMs), sentMs, end: "aborted" };
}

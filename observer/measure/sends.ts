import type { Plan } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import type { Sends } from "../../kernel/sends.ts";

const withinMs = 1_000;

/** When a client sent a request, each time. */
function sendTimesOf({ sentMs, lastSentMs, earlierAttempts = [] }: ClientRecord): readonly number[] {
  return sentMs === null ? [] : [...earlierAttempts.map((attempt) => attempt.sentMs), lastSentMs ?? sentMs];
}

/**
 * What clients sent, their own retries included, of the requests of the exposure. Null: no client of the run sent one
 * twice.
 */
export function sendsOf({ timeline }: Plan, client: readonly ClientRecord[]): Sends | null {
  if (client.every(({ earlierAttempts }) => earlierAttempts === undefined)) return null;
  const { steadyFromMs, faultFromMs, endMs } = timeline;
  const exposed = client.filter(({ intendedMs, sentMs }) => sentMs !== null && intendedMs >= faultFromMs && intendedMs <= endMs);
  const times = client.flatMap(sendTimesOf).toSorted((a, b) => a - b);
  const before = times.filter((atMs) => atMs >= steadyFromMs && atMs < faultFromMs).length;
  const sends = exposed.reduce((total, record) => total + sendTimesOf(record).length, 0);
  return {
    perRequest: exposed.length === 0 ? 0 : sends / exposed.length,
    beforePerSecond: faultFromMs === steadyFromMs ? null : (before * 1_000) / (faultFromMs - steadyFromMs),
    mostWithinSecond: mostWithin(times.filter((atMs) => atMs >= faultFromMs)),
  };
}

/** In order: the most within any second, wherever it begins. */
function mostWithin(times: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [index, atMs] of times.entries()) {
    while (atMs - times[first]! >= withinMs) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

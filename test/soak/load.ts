import { setTimeout as sleep } from "node:timers/promises";
import { exponential, seededRng } from "../../kernel/rng.ts";
import { type Ask, askOf, type Kind } from "./asks.ts";
import type { Client, Saw } from "./client.ts";

/** More than that under way, and requests are dropped, and counted: the load is open, but not without end. */
const UNDER_WAY_MAX = 2_000;

/** What came of all requests of a load, so far. */
export interface Tally {
  sent: number;
  dropped: number;
  readonly seen: Map<Kind, Map<string, number>>;
  /** Statuses that the kind does not expect, `kind status` each. */
  readonly surprises: Map<string, number>;
  /** How late requests were sent, ms. */
  readonly late: number[];
}

/** Poisson arrivals at `perSecond()` until the signal; resolves when the last request has ended. */
export async function offer(client: Client, { perSecond, seed, signal }: { perSecond: () => number; seed: number; signal: AbortSignal }, tally: Tally): Promise<void> {
  const [asks, gaps] = [seededRng(seed, "asks"), seededRng(seed, "gaps")];
  const underWay = new Set<Promise<void>>();
  let dueMs = performance.now();
  for (let index = 0; !signal.aborted; index++) {
    dueMs += exponential(gaps, 1_000 / perSecond());
    const ask = askOf(asks, index);
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    if (underWay.size >= UNDER_WAY_MAX) {
      tally.dropped++;
      continue;
    }
    tally.sent++;
    tally.late.push(Math.max(0, performance.now() - dueMs));
    const playing = client.play(ask).then((saw) => {
      count(tally, ask, saw);
      underWay.delete(playing);
    });
    underWay.add(playing);
  }
  await Promise.all(underWay);
}

export const emptyTally = (): Tally => ({ sent: 0, dropped: 0, seen: new Map(), surprises: new Map(), late: [] });

function count(tally: Tally, { kind, expected }: Ask, { seen, status }: Saw): void {
  const own = tally.seen.get(kind) ?? new Map<string, number>();
  tally.seen.set(kind, own);
  add(own, seen);
  if (status !== null && !expected.includes(status)) add(tally.surprises, `${kind} ${status}`);
}

export function add(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

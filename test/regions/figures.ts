import type { Plan } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import type { RegionCase } from "./cases.ts";

/**
 * When the last request was meant to be sent that what was lost answered before it was back, after the fault began; 0:
 * none was. Null: nothing was lost. A request that waited at something stopped until it was back is not one of them.
 */
export function movedAfterMs(plan: Plan, client: readonly ClientRecord[], lost: RegionCase["lost"]): number | null {
  if (lost === null) return null;
  const { faultFromMs, faultToMs } = plan.timeline;
  const during = client.filter(({ intendedMs, firstByteMs }) => intendedMs >= faultFromMs && firstByteMs !== null && firstByteMs < faultToMs);
  const dead = new Set(plan.faults.flatMap(({ target }) => target.components));
  const lostEntry = leastUsed(new Set(client.flatMap(({ entry }) => entry ?? [])), during);
  const isThere = lost === "region" ? ({ replica }: ClientRecord) => replica !== undefined && dead.has(replica) : ({ entry }: ClientRecord) => entry === lostEntry;
  const sent = during.filter(isThere).map(({ intendedMs }) => intendedMs - faultFromMs);
  return Math.max(0, ...sent);
}

/** The entry of the edge that was lost: the one that answered least meanwhile, or nothing. */
function leastUsed(entries: ReadonlySet<string>, during: readonly ClientRecord[]): string | undefined {
  const answered = (entry: string) => during.filter((record) => record.entry === entry).length;
  return [...entries].toSorted((a, b) => answered(a) - answered(b))[0];
}

interface LogLine {
  readonly at?: string;
  readonly event?: string;
  readonly capacity?: number;
}

const minuteMs = 60_000;

/** The most capacity that one edge removed within a minute, by its log; null: it logged no removal. */
export function removedPerMinute(log: string): number | null {
  const removals = log.split("\n").filter((line) => line.includes('"removed"')).map((line) => JSON.parse(line) as LogLine).map(({ at, capacity }) => ({ atMs: Date.parse(at!), capacity: capacity! }));
  const within = removals.map(({ atMs }) => removals.filter((other) => other.atMs <= atMs && other.atMs > atMs - minuteMs).reduce((sum, { capacity }) => sum + capacity, 0));
  return within.length === 0 ? null : Math.max(...within);
}

import type { CellEnd } from "./cell.ts";
import { summaryOf, type SuiteSummary } from "./summary.ts";

/** A run that somebody has kept, or a cell of a suite. */
export interface Sighting {
  readonly scenario: string;
  readonly stack: string;
  readonly end: CellEnd;
  /** Unix ms. */
  readonly atMs: number;
}

/** What is known of a failure mode on a stack. */
export interface Covered {
  /** Of the latest. Null: it was never played there. */
  readonly end: CellEnd | null;
  readonly ageDays: number | null;
  /** Days since it held. Null: it never did. */
  readonly heldDays: number | null;
  readonly runs: number;
}

export interface CoverageRow {
  /** The scenario's name. */
  readonly failureMode: string;
  /** Its first tag. Null: it has none, or is no scenario of the library. */
  readonly family: string | null;
  /** By stack. */
  readonly stacks: Readonly<Record<string, Covered>>;
}

export interface Coverage {
  readonly rows: readonly CoverageRow[];
  /** By stack: the latest of each failure mode, of all there are. */
  readonly summaries: Readonly<Record<string, SuiteSummary>>;
}

export interface CoverageQuestion {
  readonly sightings: readonly Sighting[];
  /** What there is to be tested. Others that were seen follow. */
  readonly known: readonly { readonly failureMode: string; readonly family: string | null }[];
  readonly stacks: readonly string[];
  readonly nowMs: number;
}

/** Failure mode by stack: how it ended last, when, and when it last held. */
export function coverageOf({ sightings, known, stacks, nowMs }: CoverageQuestion): Coverage {
  const names = new Set(known.map(({ failureMode }) => failureMode));
  const others = [...new Set(sightings.map(({ scenario }) => scenario))].filter((name) => !names.has(name)).sort();
  const modes = [...known, ...others.map((failureMode) => ({ failureMode, family: null }))];
  const latest = (failureMode: string, stack: string) => sightings.filter((sighting) => sighting.scenario === failureMode && sighting.stack === stack).sort((a, b) => b.atMs - a.atMs);
  const rows = modes.map(({ failureMode, family }) => ({ failureMode, family, stacks: Object.fromEntries(stacks.map((stack) => [stack, coveredBy(latest(failureMode, stack), nowMs)])) }));
  const summary = (stack: string) => {
    const lasts = modes.flatMap(({ failureMode }) => latest(failureMode, stack).slice(0, 1));
    return summaryOf(lasts, { of: modes.length, playedAt: lasts.map(({ atMs }) => new Date(atMs).toISOString()), nowMs });
  };
  return { rows, summaries: Object.fromEntries(stacks.map((stack) => [stack, summary(stack)])) };
}

const dayMs = 86_400_000;

function coveredBy(newestFirst: readonly Sighting[], nowMs: number): Covered {
  const days = (sighting: Sighting | undefined) => (sighting === undefined ? null : Math.max(0, Math.floor((nowMs - sighting.atMs) / dayMs)));
  const [last] = newestFirst;
  return { end: last?.end ?? null, ageDays: days(last), heldDays: days(newestFirst.find(({ end }) => end === "held")), runs: newestFirst.length };
}

/** `held today`, `deviated 2 days ago, held 9 days ago`, `deviated today, never held`, `not tested`. */
export function coveredText({ end, ageDays, heldDays }: Covered): string {
  if (end === null || ageDays === null) return "not tested";
  const last = `${end.replace("_", " ")} ${ago(ageDays)}`;
  if (end === "held" || end === "not_applicable") return last;
  return `${last}, ${heldDays === null ? "never held" : `held ${ago(heldDays)}`}`;
}

const ago = (days: number) => (days === 0 ? "today" : days === 1 ? "1 day ago" : `${days} days ago`);

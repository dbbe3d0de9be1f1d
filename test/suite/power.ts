import { seededRng } from "../../kernel/rng.ts";
import { mean } from "../../kernel/stats.ts";
import { updatedBaseline } from "../../lab/suite/baseline.ts";
import type { CellResult } from "../../lab/suite/cell.ts";
import { playCells } from "../../lab/suite/play-cells.ts";
import { compareWithBaseline } from "../../lab/suite/regressions.ts";

/** A scenario whose lost demand a setting makes a fifth worse. */
export interface PowerCase {
  readonly scenario: string;
  readonly stack: string;
  /** Settings of both. */
  readonly sets: readonly string[];
  readonly base: string;
  readonly worse: string;
}

/** Every attempt counts: nothing is tried again, and no answer is shared. */
const oneAttempt = ["stack.gateway.policy.retry.attemptsMax=1", "stack.gateway.policy.retry.attemptsPerDeploymentMax=1", "stack.gateway.cache=null"];

export const powerCases: readonly PowerCase[] = [
  { scenario: "gateway-sick", stack: "naive", sets: oneAttempt, base: "faults.0.share=0.3", worse: "faults.0.share=0.36" },
  { scenario: "one-cell", stack: "naive", sets: [...oneAttempt, "workload.cells.3.share=2"], base: "faults.0.phases.0.errorRate=0.8", worse: "faults.0.phases.0.errorRate=0.96" },
  { scenario: "provider-down", stack: "naive", sets: [...oneAttempt, "stack.gateway.policy.failover=false"], base: "faults.0.phases.0.errorRate=0.4", worse: "faults.0.phases.0.errorRate=0.48" },
];

export interface PowerOptions {
  /** Of one suite. Twice as many are played, so that half can be compared with the other half. */
  readonly seeds: number;
  /** Suites that are drawn from what was played. */
  readonly draws: number;
  readonly onPlayed?: () => void;
}

export interface Power {
  /** Mean lost demand of each case, as it is and worse. */
  readonly lostDemand: readonly { readonly scenario: string; readonly base: number; readonly worse: number }[];
  /** Suites of nothing but other seeds that were reported. */
  readonly aAgainstA: number;
  /** Comparisons of a case with its worse self, on the same seeds, and how many of them were reported. */
  readonly planted: { readonly of: number; readonly reported: number };
}

/**
 * How often the suite reports what is nothing, and what is a fifth worse. The first draw is the first half of the seeds
 * against the second.
 */
export async function measurePower(cases: readonly PowerCase[], { seeds, draws, onPlayed = () => {} }: PowerOptions): Promise<Power> {
  const base = await play(cases, "base", seeds * 2, onPlayed);
  // The first draw has the first half of the seeds.
  const worse = await play(cases, "worse", draws === 1 ? seeds : seeds * 2, onPlayed);
  const halves = Array.from({ length: draws }, (_, draw) => halvesOf(seeds * 2, draw));
  const reported = (now: readonly CellResult[], before: readonly CellResult[]) => compareWithBaseline(now, updatedBaseline(null, before)).worse;
  const planted = halves.map(({ first }) => new Set(reported(worse.filter(of(first)), base.filter(of(first))).flatMap(({ scenario, measure }) => (measure === "blastRadius" ? [scenario] : []))).size);
  return {
    lostDemand: cases.map(({ scenario }) => ({ scenario, base: lostIn(base, scenario), worse: lostIn(worse, scenario) })),
    aAgainstA: halves.filter(({ first, second }) => reported(base.filter(of(second)), base.filter(of(first))).length > 0).length,
    planted: { of: draws * cases.length, reported: planted.reduce((sum, count) => sum + count, 0) },
  };
}

const of = (seeds: ReadonlySet<number>) => ({ cell }: CellResult) => seeds.has(cell.seed);
const lostIn = (results: readonly CellResult[], scenario: string) => mean(results.flatMap(({ cell, measures }) => (cell.scenario === scenario ? (measures?.lostDemand?.value ?? []) : [])));

async function play(cases: readonly PowerCase[], which: "base" | "worse", seeds: number, onPlayed: () => void): Promise<readonly CellResult[]> {
  const cells = cases.flatMap(({ scenario, stack, sets, [which]: setting }) => Array.from({ length: seeds }, (_, index) => ({ scenario, stack, seed: index + 1, sets: [...sets, setting] })));
  const played = await playCells(cells, { keepIn: null, signal: new AbortController().signal, onPlayed });
  // The worse one stands for the same cell of a later version.
  return played.map(({ result }) => ({ ...result, cell: { ...result.cell, sets: [] } }));
}

/** The seeds in two halves: in their order for the first draw, at random for the others. */
function halvesOf(seeds: number, draw: number): { readonly first: ReadonlySet<number>; readonly second: ReadonlySet<number> } {
  const all = Array.from({ length: seeds }, (_, index) => index + 1);
  const rng = seededRng(draw, "halves");
  const order = draw === 0 ? all : all.map((seed) => ({ seed, key: rng.next() })).sort((a, b) => a.key - b.key).map(({ seed }) => seed);
  return { first: new Set(order.slice(0, seeds / 2)), second: new Set(order.slice(seeds / 2)) };
}

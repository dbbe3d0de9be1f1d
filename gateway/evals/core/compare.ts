import type { Rng } from "../../../kernel/rng.ts";
import { mean } from "../../../kernel/stats.ts";
import { mcnemarP } from "./mcnemar.ts";
import { evidenceOf } from "./paired-differences.ts";
import { dropUpper, type Pairs } from "./tango.ts";

/** A case that both versions answered. */
export interface PairedResult {
  readonly group: string | null;
  readonly before: { readonly passes: boolean; readonly score: number };
  readonly now: { readonly passes: boolean; readonly score: number };
}

export interface CompareSettings {
  /** What is compared: the share of cases that pass, or the mean score. */
  readonly measure: "pass" | "score";
  /** A candidate passes where its drop is below this at 95 %. In [0, 1]. */
  readonly dropMax: number;
  /** A candidate fails where its drop would be so unlikely by chance. */
  readonly pMax: number;
}

export interface Comparison {
  readonly decision: "pass" | "fail" | "undecided";
  /** Before minus now, of the measure, in [-1, 1]. */
  readonly drop: number;
  readonly upper: number;
  readonly p: number;
  readonly pairs: Pairs;
  /** Independent observations: cases, or groups where cases are grouped. */
  readonly units: number;
  /** Cases that would decide if they came out as these did; null: decided already, or more than 20,000. */
  readonly casesNeeded: number | null;
}

const casesMax = 20_000;

/**
 * Compares two versions by the cases that both answered: `fail` on evidence of a drop, `pass` on evidence of no
 * relevant drop, else `undecided`.
 */
export function compareVersions(results: readonly PairedResult[], settings: CompareSettings, rng: Rng): Comparison {
  const pairs: Pairs = {
    n: results.length,
    broken: results.filter(({ before, now }) => before.passes && !now.passes).length,
    mended: results.filter(({ before, now }) => !before.passes && now.passes).length,
  };
  const isPlain = settings.measure === "pass" && results.every(({ group }) => group === null);
  if (isPlain) {
    const { decision, drop, upper, p } = decidedByPairs(pairs, settings);
    return { decision, drop, upper, p, pairs, units: pairs.n, casesNeeded: decision === "undecided" ? pairsNeeded(pairs, settings) : null };
  }
  const units = unitsOf(results, settings.measure);
  const { drop, upper, p } = units.length === 0 ? { drop: 0, upper: 1, p: 1 } : evidenceOf(units, rng);
  const decision = decide({ drop, upper, p }, settings);
  return { decision, drop, upper, p, pairs, units: units.length, casesNeeded: decision === "undecided" ? scoresNeeded({ drop, upper, n: pairs.n }, settings) : null };
}

interface Evidence {
  readonly drop: number;
  readonly upper: number;
  readonly p: number;
}

function decide({ drop, upper, p }: Evidence, { pMax, dropMax }: CompareSettings): Comparison["decision"] {
  if (drop > 0 && p < pMax) return "fail";
  return upper < dropMax ? "pass" : "undecided";
}

function decidedByPairs(pairs: Pairs, settings: CompareSettings): Evidence & { readonly decision: Comparison["decision"] } {
  const evidence = { drop: pairs.n === 0 ? 0 : (pairs.broken - pairs.mended) / pairs.n, upper: dropUpper(pairs), p: mcnemarP(pairs) };
  return { ...evidence, decision: decide(evidence, settings) };
}

/** The least number of cases, in steps of 5 %, that decides if the same shares of them broke and were mended. */
function pairsNeeded({ n, broken, mended }: Pairs, settings: CompareSettings): number | null {
  if (n === 0) return pairsNeeded({ n: 1, broken: 0, mended: 0 }, settings);
  for (let cases = n + 1; cases <= casesMax; cases = Math.ceil(cases * 1.05)) {
    const scaled = { n: cases, broken: Math.round((broken / n) * cases), mended: Math.round((mended / n) * cases) };
    if (decidedByPairs(scaled, settings).decision !== "undecided") return cases;
  }
  return null;
}

/** The same for scores, whose interval narrows with the square root of the number of cases. */
function scoresNeeded({ drop, upper, n }: { drop: number; upper: number; n: number }, { dropMax }: CompareSettings): number | null {
  const width = upper - drop;
  const distance = drop < dropMax ? Math.max(dropMax - drop, drop) : drop;
  const cases = Math.ceil(n * (width / distance) ** 2) + 1;
  return cases <= casesMax ? Math.max(n + 1, cases) : null;
}

function unitsOf(results: readonly PairedResult[], measure: CompareSettings["measure"]): readonly number[] {
  const value = (side: PairedResult["before"]) => (measure === "score" ? side.score : Number(side.passes));
  const byUnit = new Map<string, number[]>();
  for (const [index, { group, before, now }] of results.entries()) {
    const key = group === null ? `case ${index}` : `group ${group}`;
    const differences = byUnit.get(key) ?? [];
    byUnit.set(key, differences);
    differences.push(value(before) - value(now));
  }
  return [...byUnit.values()].map(mean);
}


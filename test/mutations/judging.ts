import { LabError } from "../../kernel/errors.ts";
import type { MeasureName } from "../../kernel/plan.ts";
import type { Recomputation } from "../../kernel/recomputation.ts";
import type { Measures, Verdict, VerdictKind } from "../../kernel/verdict.ts";
import { recompute } from "../../lab/plan/recompute.ts";
import { valueOf } from "../../observer/measure/expectations.ts";
import { writeVerdict } from "../../observer/write-verdict.ts";

/** A verdict, or that the directory was refused. */
export type Judgement = Pick<Verdict, "reasons"> & { readonly verdict: VerdictKind | "refused"; readonly measures: Measures | null };

/** As `blastlab verdict` judges, in this process. Throws what would be a stack trace there. */
export function judgeIn(directory: string, recomputation: Recomputation = recompute(directory)): Judgement {
  try {
    return writeVerdict(directory, { recomputation });
  } catch (error) {
    if (error instanceof LabError && error.exit === "refused") return { verdict: "refused", reasons: [error.message], measures: null };
    throw error;
  }
}

/** Higher is better for the system under test. What is unknown or void praises nobody. */
const ranks: Readonly<Record<Judgement["verdict"], number>> = { held: 3, deviated: 2, not_recovered: 1, unknown: 0, failed: 0, interrupted: 0, refused: 0 };

export const isFound = ({ verdict }: Judgement): boolean => ranks[verdict] === 0;

/** What is better of each measure. */
const betterIs: Readonly<Record<MeasureName, "less" | "more">> = {
  blastRadius: "less",
  badWindowShare: "less",
  reach: "less",
  clientReach: "less",
  depth: "less",
  containment: "more",
  silentShare: "less",
  badShare: "less",
  amplification: "less",
  herdFactor: "less",
  moneyHerd: "less",
  dip: "less",
  idleReplicas: "less",
  packageReach: "less",
  tokenWaste: "less",
  recoveryMs: "less",
  detectionMs: "less",
  wrongAnswers: "less",
  errorBudgetBurned: "less",
};
const measures = Object.keys(betterIs) as MeasureName[];
const rounding = 1e-9;

/** In what the mutated run looks better than its base: words, or null where it does not. */
export function betterThan(base: Judgement, mutated: Judgement): string | null {
  if (ranks[mutated.verdict] > ranks[base.verdict]) return `${base.verdict} became ${mutated.verdict}`;
  if (ranks[mutated.verdict] < ranks[base.verdict] || isFound(mutated)) return null;
  const better = measures.flatMap((measure) => {
    const [before, after] = [figureOf(measure, base), figureOf(measure, mutated)];
    const gain = (before - after) * (betterIs[measure] === "more" ? -1 : 1);
    // The more is bad, the sooner there is an alarm.
    if (measure === "detectionMs" && figureOf("badShare", mutated) > figureOf("badShare", base)) return [];
    return gain > rounding ? [`${measure} ${before} became ${after}`] : [];
  });
  return better.length === 0 ? null : better.join(", ");
}

export function isSame(base: Judgement, mutated: Judgement): boolean {
  return base.verdict === mutated.verdict && measures.every((measure) => Object.is(figureOf(measure, base), figureOf(measure, mutated)));
}

/** The low end. What never came is beyond all that was watched. */
function figureOf(measure: MeasureName, { measures: all }: Judgement): number {
  if (all === null) return NaN;
  return valueOf(measure, all, 1e9)?.[0] ?? NaN;
}

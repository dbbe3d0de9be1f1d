import type { Expectation, MeasureName } from "../../kernel/plan.ts";
import type { MeasuredExpectation, Measures, Range } from "../../kernel/verdict.ts";
import { packageReachOf } from "./packages.ts";
import { measured, moreThan, notMeasured, type Value } from "./quantity.ts";

/** What a measurement covered. */
export interface Coverage {
  readonly exposureMs: number;
  /** Whether it is known which streams were late for their first token. */
  readonly firstTokensTimed: boolean;
}

/** Measures that are the same whichever requests were late. All others need the first-token times. */
const withoutLateness: ReadonlySet<MeasureName> = new Set<MeasureName>(["amplification", "herdFactor", "idleReplicas", "moneyHerd", "packageReach", "tokenWaste", "wrongAnswers"]);

/**
 * Holds each expectation against its measure. A range that the limit cuts is `unknown`, and so is a measure that could
 * not be taken. An alarm or a recovery that never came lies beyond all that was watched: there `atMost` deviates. Where
 * nothing was damaged, any containment holds.
 */
export function measureExpectations(expectations: readonly Expectation[], measures: Measures | null, coverage: Coverage): readonly MeasuredExpectation[] {
  return expectations.map((expectation) => {
    const measured = measures !== null && (coverage.firstTokensTimed || withoutLateness.has(expectation.measure));
    const value = measured ? valueOf(expectation.measure, measures, coverage.exposureMs) : null;
    if (measured && expectation.measure === "containment" && isUndamaged(measures)) return { ...expectation, value: null, result: "held" };
    return { ...expectation, value: value === null || value[1] === Infinity ? null : value, result: resultOf(expectation, value) };
  });
}

/**
 * The range of a measure. Its top is Infinity for an alarm or a recovery that never came. Null for what is not
 * measured.
 */
export function valueOf(measure: MeasureName, measures: Measures, exposureMs: number): Range | null {
  if (measure === "blastRadius") return measures.blastRadius?.evidence ?? null;
  if (measure === "reach") return measures.reach.cells.share;
  if (measure === "clientReach") return measures.reach.clients?.share ?? null;
  if (measure === "packageReach") return packageReachOf(measures.packages);
  if (measure === "badWindowShare") return measures[measure];
  if (measure === "recoveryMs") return measures.recoveryApplicable ? orBeyond(measures.recoveryMs, measures.recoveryObservedMs) : null;
  if (measure === "detectionMs") return orBeyond(measures.detectionMs, exposureMs);
  const value = measures[measure];
  return value === null ? null : [value, value];
}

/** No bad unit-window, and no cell that was, or might have been, hit: all of the damage is contained. */
function isUndamaged({ depth, reach }: Measures): boolean {
  return depth === 0 && reach.cells.share[1] === 0;
}

function orBeyond(value: number | null, watchedMs: number): Range {
  return value === null ? [watchedMs, Infinity] : [value, value];
}

function resultOf({ atMost, atLeast }: Expectation, value: Range | null): MeasuredExpectation["result"] {
  if (value === null || Number.isNaN(value[0]) || (atMost === undefined && atLeast === undefined)) return "unknown";
  const [low, high] = value;
  if ((atMost !== undefined && beyond(low, atMost, high)) || (atLeast !== undefined && high < atLeast)) return "deviated";
  const held = (atMost === undefined || high <= atMost) && (atLeast === undefined || low >= atLeast);
  return held ? "held" : "unknown";
}

/** A measure that never came is beyond any limit that was watched for, the whole time included. */
function beyond(low: number, limit: number, high: number): boolean {
  return low > limit || (high === Infinity && low >= limit);
}

/**
 * What was measured for an expectation, to be shown: an alarm or a recovery that never came is no number in a verdict.
 */
export function expectedValue({ measure, value, result }: MeasuredExpectation, measures: Measures | null): Value {
  if (value !== null) return measured(measure, value);
  if (measure === "containment" && result === "held") return "no damage";
  if (measure === "recoveryMs" && measures?.recoveryApplicable === false) return "not applicable, because a fault is never lifted";
  if (measures === null || result === "unknown") return notMeasured;
  if (measure === "recoveryMs") return moreThan(measures.recoveryObservedMs);
  return measure === "detectionMs" ? "no alarm" : notMeasured;
}

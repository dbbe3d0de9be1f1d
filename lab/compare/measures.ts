import { moreThan, quantity, type Quantity, type Unit } from "../../observer/measure/quantity.ts";
import { seedsMinOfMeans, seedsMinOfOrder } from "../../observer/measure/separation.ts";
import type { CellMeasures, Estimate } from "../suite/cell.ts";

/** What stacks are compared by. Less of each is better. */
export interface ComparedMeasure {
  readonly name: "lostDemand" | "silentShare" | "recovery" | "amplification" | "money";
  readonly label: string;
  /** What a stack with less of it does, before `than`. */
  readonly less: string;
  readonly unit: Unit;
  /** Null: it is not measured, or there is none. */
  readonly valueOf: (measures: CellMeasures) => Compared | null;
  /** The value with its interval over clients. Absent: the measure has none. */
  readonly estimateOf?: (measures: CellMeasures) => ClientEstimate | null;
  /** The least difference that matters to anybody, given the mean of all values. */
  readonly differenceMin: (meanOfAll: number) => number;
  /** Fewer seeds tell nothing apart. */
  readonly seedsMin: number;
  /**
   * It is what answers took. Less of it is no merit in a stack that lost more of the demand: what it did not answer
   * took nothing.
   */
  readonly isEffort: boolean;
}

export type ClientEstimate = Pick<Estimate, "value" | "interval">;

export interface Compared {
  readonly value: number;
  /** It is at least this: what was waited for did not come within the run. */
  readonly isLeast: boolean;
}

const exactly = (value: number): Compared => ({ value, isLeast: false });
const hundredth = () => 0.01;

/**
 * Answers of a fallback may cost several times those of the primary: of fewer answers, chance alone moves the mean by
 * nearly a tenth.
 */
export const goodAnswersMin = 100;

export const comparedMeasures: readonly ComparedMeasure[] = [
  {
    name: "lostDemand",
    label: "lost demand",
    less: "loses less of the demand",
    unit: "share",
    valueOf: valueFrom(({ lostDemand }) => lostDemand),
    estimateOf: ({ lostDemand }) => lostDemand,
    differenceMin: hundredth,
    seedsMin: seedsMinOfMeans,
    isEffort: false,
  },
  {
    name: "silentShare",
    label: "silent share",
    less: "has a smaller silent share",
    unit: "share",
    valueOf: ({ silentShare }) => exactly(silentShare),
    differenceMin: hundredth,
    seedsMin: seedsMinOfOrder,
    isEffort: false,
  },
  { name: "recovery", label: "recovery", less: "recovers sooner", unit: "ms", valueOf: recoveryOf, differenceMin: () => 1_000, seedsMin: seedsMinOfOrder, isEffort: false },
  {
    name: "amplification",
    label: "amplification",
    less: "asks providers less often",
    unit: "times",
    valueOf: ({ amplification }) => exactly(amplification),
    differenceMin: hundredth,
    seedsMin: seedsMinOfMeans,
    isEffort: true,
  },
  {
    name: "money",
    label: "cost of 1,000 good answers",
    less: "costs less for a good answer",
    unit: "usd",
    valueOf: valueFrom(costOf),
    estimateOf: costOf,
    differenceMin: (meanOfAll) => meanOfAll / 100,
    seedsMin: seedsMinOfMeans,
    isEffort: true,
  },
];

function valueFrom(estimateOf: (measures: CellMeasures) => ClientEstimate | null): ComparedMeasure["valueOf"] {
  return (measures) => {
    const estimate = estimateOf(measures);
    return estimate === null ? null : exactly(estimate.value);
  };
}

function recoveryOf({ recoveryApplicable, recoveryMs, recoveryObservedMs }: CellMeasures): Compared | null {
  if (!recoveryApplicable) return null;
  return recoveryMs === null ? { value: recoveryObservedMs, isLeast: true } : exactly(recoveryMs);
}

/** All that providers billed, for answers that nobody got too, by what was answered well. */
function costOf({ money }: CellMeasures): ClientEstimate | null {
  if (money?.perGoodAnswer == null || money.goodAnswers < goodAnswersMin) return null;
  const { usd, interval } = money.perGoodAnswer;
  return { value: 1_000 * usd, interval: interval === null ? null : [1_000 * interval[0], 1_000 * interval[1]] };
}

/** A mean of compared values. */
export const comparedQuantity = ({ unit }: ComparedMeasure, value: number, isLeast: boolean): Quantity => (isLeast ? moreThan(value) : quantity(unit, value));

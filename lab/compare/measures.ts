import { moreThan, quantity, type Quantity, type Unit } from "../../observer/measure/quantity.ts";
import type { CellMeasures } from "../suite/cell.ts";

/** What stacks are compared by. Less of each is better. */
export interface ComparedMeasure {
  readonly name: "lostDemand" | "silentShare" | "recovery" | "amplification" | "money";
  readonly label: string;
  /** What a stack with less of it does, before `than`. */
  readonly less: string;
  readonly unit: Unit;
  /** Null: it is not measured, or there is none. */
  readonly valueOf: (measures: CellMeasures) => Compared | null;
  /** The least difference that matters to anybody, given the mean of all values. */
  readonly differenceMin: (meanOfAll: number) => number;
}

export interface Compared {
  readonly value: number;
  /** It is at least this: what was waited for did not come within the run. */
  readonly isLeast: boolean;
}

const exactly = (value: number): Compared => ({ value, isLeast: false });
const hundredth = () => 0.01;

export const comparedMeasures: readonly ComparedMeasure[] = [
  { name: "lostDemand", label: "lost demand", less: "loses less of the demand", unit: "share", valueOf: lostDemandOf, differenceMin: hundredth },
  { name: "silentShare", label: "silent share", less: "has a smaller silent share", unit: "share", valueOf: ({ silentShare }) => exactly(silentShare), differenceMin: hundredth },
  { name: "recovery", label: "recovery", less: "recovers sooner", unit: "ms", valueOf: recoveryOf, differenceMin: () => 1_000 },
  { name: "amplification", label: "amplification", less: "asks providers less often", unit: "times", valueOf: (of) => exactly(of.amplification), differenceMin: hundredth },
  { name: "money", label: "money", less: "costs less for a good answer", unit: "usd", valueOf: moneyOf, differenceMin: (meanOfAll) => meanOfAll / 100 },
];

function lostDemandOf({ lostDemand }: CellMeasures): Compared | null {
  return lostDemand === null ? null : exactly(lostDemand.value);
}

function recoveryOf({ recoveryApplicable, recoveryMs, recoveryObservedMs }: CellMeasures): Compared | null {
  if (!recoveryApplicable) return null;
  return recoveryMs === null ? { value: recoveryObservedMs, isLeast: true } : exactly(recoveryMs);
}

/**
 * What the exposure would have been billed, had all of it been answered well at the price of what was: a stack that
 * answers nothing is not cheap.
 */
function moneyOf({ money, badShare }: CellMeasures): Compared | null {
  return money === null || badShare === 1 ? null : exactly(money.billedUsd / (1 - badShare));
}

/** A mean of compared values. */
export const comparedQuantity = ({ unit }: ComparedMeasure, value: number, isLeast: boolean): Quantity => (isLeast ? moreThan(value) : quantity(unit, value));

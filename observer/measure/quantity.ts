import type { MeasureName, StopMeasure } from "../../kernel/plan.ts";
import type { Range } from "../../kernel/verdict.ts";

/** `moment`: ms on the run's timeline. */
export type Unit = "share" | "ms" | "times" | "count" | "usd" | "moment";

/**
 * A number with its unit, or a range of it where some of the evidence is undecided. `high` Infinity: never within what
 * was watched.
 */
export interface Quantity {
  readonly unit: Unit;
  readonly range: Range;
}

/** What a figure or a cell of a table holds. */
export type Value = string | Quantity;

/** What stands where a value does not exist. */
export const none = "-";

export const notMeasured = "not measured";

/** What the system shows no metric of. */
export const notShown = "not shown";

export function quantity(unit: Unit, value: number | Range): Quantity {
  return { unit, range: typeof value === "number" ? [value, value] : value };
}

export const share = (value: number | Range): Quantity => quantity("share", value);
export const ms = (value: number | Range): Quantity => quantity("ms", value);
export const times = (value: number | Range): Quantity => quantity("times", value);
export const moment = (atMs: number): Quantity => quantity("moment", atMs);
export const count = (value: number | Range): Quantity => quantity("count", value);

export const usd = (value: number): Quantity => quantity("usd", value);

/** A part of a whole; nothing of nothing has no share. */
export function shareOf(part: number, whole: number): Value {
  return whole === 0 ? none : share(part / whole);
}

/** More than `watchedMs`: it never came. */
export function moreThan(watchedMs: number): Quantity {
  return quantity("ms", [watchedMs, Infinity]);
}

const unitOf: Readonly<Record<MeasureName, Unit>> = {
  blastRadius: "share",
  badWindowShare: "share",
  reach: "share",
  clientReach: "share",
  depth: "share",
  containment: "share",
  silentShare: "share",
  badShare: "share",
  amplification: "times",
  herdFactor: "times",
  moneyHerd: "times",
  dip: "share",
  idleReplicas: "share",
  packageReach: "share",
  tokenWaste: "share",
  recoveryMs: "ms",
  detectionMs: "ms",
  wrongAnswers: "count",
  errorBudgetBurned: "times",
};

/** A measure's value in its own unit. */
export function measured(measure: MeasureName, value: number | Range): Quantity {
  return quantity(unitOf[measure], value);
}

/** `blastRadius` as `blast radius`, `recoveryMs` as `recovery`. */
export function measureTitle(measure: MeasureName | StopMeasure): string {
  return measure.replace(/Ms$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

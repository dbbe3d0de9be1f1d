import type { TimeAxis } from "../plots/axis.ts";
import type { RunSeries } from "../run-view.ts";

/** The steps of a series put together until so few are left that a page can show them. */
export interface Steps {
  readonly axis: TimeAxis;
  readonly length: number;
  readonly stepMs: number;
  /** How many steps of the series are in one. */
  readonly size: number;
}

export function stepsOf({ fromMs, stepMs, offered }: RunSeries, most: number): Steps {
  const size = Math.ceil(offered.length / most);
  const length = Math.ceil(offered.length / size);
  return { axis: { fromMs, toMs: fromMs + length * size * stepMs }, length, stepMs: size * stepMs, size };
}

/** What was counted in each. */
export function sums(values: readonly number[], { size, length }: Steps): readonly number[] {
  return parts(values, { size, length }, (own) => own.reduce((sum, value) => sum + value, 0));
}

/** The same of counts that some steps lack; null where all do. */
export function sumsKnown(values: readonly (number | null)[], steps: Pick<Steps, "size" | "length">): readonly (number | null)[] {
  return parts(values, steps, (own) => known(own).reduce<number | null>((sum, value) => (sum ?? 0) + value, null));
}

/** The largest value in each; null where there is none. */
export function largest(values: readonly (number | null)[], steps: Pick<Steps, "size" | "length">): readonly (number | null)[] {
  return parts(values, steps, (own) => known(own).reduce<number | null>((most, value) => Math.max(most ?? value, value), null));
}

const known = (values: readonly (number | null)[]): readonly number[] => values.filter((value) => value !== null);

function parts<T, R>(values: readonly T[], { size, length }: Pick<Steps, "size" | "length">, of: (own: readonly T[]) => R): readonly R[] {
  return Array.from({ length }, (_, index) => of(values.slice(index * size, (index + 1) * size)));
}

export function most(...all: readonly (readonly (number | null)[])[]): number {
  return all.flat().reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
}

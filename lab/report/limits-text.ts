import type { Expectation } from "../../kernel/plan.ts";
import { formatValue } from "../../observer/measure/format.ts";
import { measured, measureTitle } from "../../observer/measure/quantity.ts";

interface Limits {
  readonly measure: Expectation["measure"];
  readonly atMost?: number | undefined;
  readonly atLeast?: number | undefined;
}

/** What an expectation allows: `blast radius at most 5 %`. */
export function limitsText({ measure, atMost, atLeast }: Limits): string {
  const limit = (words: string, value: number | undefined) => (value === undefined ? [] : [`${words} ${formatValue(measured(measure, value))}`]);
  return `${measureTitle(measure)} ${[...limit("at least", atLeast), ...limit("at most", atMost)].join(" and ")}`;
}

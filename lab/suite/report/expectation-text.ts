import { formatValue } from "../../../observer/measure/format.ts";
import { measured, measureTitle } from "../../../observer/measure/quantity.ts";
import type { CellExpectation } from "../cell.ts";

/** `blast radius at most 5 %: deviated, 17.5 % was measured`. */
export function expectationText({ measure, atMost, atLeast, value, result }: CellExpectation): string {
  const limit = (words: string, number: number | undefined) => (number === undefined ? [] : [`${words} ${formatValue(measured(measure, number))}`]);
  const was = value === null ? "nothing was measured" : `${formatValue(measured(measure, value))} was measured`;
  return `${measureTitle(measure)} ${[...limit("at least", atLeast), ...limit("at most", atMost)].join(" and ")}: ${result}, ${was}`;
}

import { formatValue } from "../../../observer/measure/format.ts";
import { measured } from "../../../observer/measure/quantity.ts";
import { limitsText } from "../../report/limits-text.ts";
import type { CellExpectation } from "../cell.ts";

/** `blast radius at most 5 %: deviated, 17.5 % was measured`. */
export function expectationText(expectation: CellExpectation): string {
  const { measure, value, result } = expectation;
  const was = value === null ? "nothing was measured" : `${formatValue(measured(measure, value))} was measured`;
  return `${limitsText(expectation)}: ${result}, ${was}`;
}

import { rounded } from "./axis.ts";

/** Values of the steps of a time axis; null: there is none. */
export type Values = readonly (number | null)[];

/**
 * The outline of steps as a filled shape over the ground, in a box of one unit a step and `height` units; null and 0
 * are the ground.
 */
export function areaPath(values: Values, { max, height }: Box): string {
  let path = "";
  let at = 0;
  let top: number | null = null;
  for (const value of values) {
    const y = value === null || value <= 0 ? null : yOf(value, { max, height });
    if (y !== top) {
      if (top !== null) path += y === null ? `V${height}Z` : `V${y}`;
      if (y !== null && top === null) path += `M${at} ${height}V${y}`;
      top = y;
    }
    at++;
    if (y !== null) path += `H${at}`;
  }
  return shortened(top === null ? path : `${path}V${height}Z`);
}

/**
 * A line through the middles of the steps, broken where there is no value; a value between two gaps is a short dash.
 */
export function linePath(values: Values, box: Box): string {
  let path = "";
  values.forEach((value, index) => {
    if (value === null) return;
    const y = yOf(value, box);
    const alone = (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
    if (alone) path += `M${index} ${y}h1`;
    else path += `${(values[index - 1] ?? null) === null ? "M" : "L"}${index + 0.5} ${y}`;
  });
  return path;
}

/** The largest value that a box shows, and its height. */
export interface Box {
  readonly max: number;
  readonly height: number;
}

function yOf(value: number, { max, height }: Box): number {
  return rounded(height - height * Math.min(1, Math.max(0, max > 0 ? value / max : 0)));
}

/** Of several horizontal moves in a row only the last one shows. */
function shortened(path: string): string {
  return path.replaceAll(/(?:H\d+)+(?=H\d)/g, "");
}

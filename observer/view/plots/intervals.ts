import { markup, type Markup } from "../markup.ts";
import { rounded } from "./axis.ts";

export interface IntervalRow {
  readonly label: string;
  /** As a text, at the row's right end. */
  readonly value: string;
  /** Null: it was not measured. */
  readonly mean: number | null;
  /** Null: there is none. */
  readonly interval: readonly [low: number, high: number] | null;
}

const rowHeight = 30;

/** A point with its interval in each row, on one scale from 0 to `max`. */
export function intervalPlot({ title, max, rows }: { readonly title: string; readonly max: number; readonly rows: readonly IntervalRow[] }): Markup {
  const at = (value: number) => rounded((98 * Math.min(max, Math.max(0, value))) / max) + 1;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="plots" role="img" aria-label="${title}" width="100%" height="${rows.length * rowHeight + 4}">
${rows.map(({ label, value, mean, interval }, index) => {
    const y = index * rowHeight + 22;
    const line = interval === null ? null : markup`<line class="interval" x1="${at(interval[0])}%" x2="${at(interval[1])}%" y1="${y}" y2="${y}"/>`;
    const point = mean === null ? null : markup`<circle class="point" cx="${at(mean)}%" cy="${y}" r="4"/>`;
    return markup`<g><text class="row-label" x="0" y="${y - 10}">${label}</text><text class="row-scale" x="100%" text-anchor="end" y="${y - 10}">${value}</text><line class="ground" x1="0" x2="100%" y1="${y}" y2="${y}"/>${line}${point}</g>`;
  })}
</svg>`;
}

import { markup, type Markup } from "../markup.ts";
import { percentAt, rounded, type TimeAxis } from "./axis.ts";
import { axisHeight, timeAxis } from "./time-axis.ts";

export interface SpanRow {
  readonly label: string;
  readonly spans: readonly { readonly sign: string; readonly fromMs: number; readonly toMs: number }[];
}

const rowHeight = 30;
const barHeight = 10;
/** In percent of the width: less would hardly be seen. */
const thinnest = 0.4;

/** Rows of bars on a time axis: when something was so. */
export function spanPlot({ title, axis, rows }: { readonly title: string; readonly axis: TimeAxis; readonly rows: readonly SpanRow[] }): Markup {
  const ground = rows.length * rowHeight + 4;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="plots" role="img" aria-label="${title}" width="100%" height="${ground + axisHeight}">
${timeAxis(axis, { ground, top: 0 })}
${rows.map(({ label, spans }, index) => {
    const top = index * rowHeight + 17;
    return markup`<g><text class="row-label" x="0" y="${top - 5}">${label}</text><line class="top" x1="0" x2="100%" y1="${top + barHeight / 2}" y2="${top + barHeight / 2}"/>${spans.map(({ sign, fromMs, toMs }) => {
      const from = percentAt(axis, fromMs);
      const width = Math.max(thinnest, rounded(percentAt(axis, toMs) - from));
      return markup`<rect class="fault-bar" x="${from}%" y="${top}" width="${width}%" height="${barHeight}"/><text class="sign" x="${from}%" dx="2" y="${top - 5}">${sign}</text>`;
    })}</g>`;
  })}
</svg>`;
}

import { markup, type Markup } from "../markup.ts";
import { percentAt, rounded, type TimeAxis } from "./axis.ts";
import type { Band } from "./small-multiples.ts";
import { axisHeight, timeAxis } from "./time-axis.ts";

/** One stretch of a row. */
export interface HeatField {
  readonly fromMs: number;
  readonly toMs: number;
  /** 0..1. */
  readonly share: number;
}

export interface HeatRow {
  readonly label: string;
  /** At the row's right end, such as its total. */
  readonly total: string;
  readonly fields: readonly HeatField[];
}

export interface HeatMap {
  readonly title: string;
  readonly axis: TimeAxis;
  readonly bands: readonly Band[];
  readonly rows: readonly HeatRow[];
}

const rowHeight = 30;
const fieldHeight = 12;
const lane = 12;

/** Lower ends of the levels above none; patterns tell them apart besides colour (style.ts). */
const levels = [0, 0.05, 0.25, 0.5, 0.75] as const;

/** What the levels stand for, the lowest first. */
export const heatLevels: readonly string[] = ["none", "up to 5 %", "up to 25 %", "up to 50 %", "up to 75 %", "above 75 %"];

/** 0 for none, 5 for nearly all. */
export function levelOf(share: number): number {
  return share <= 0 ? 0 : levels.filter((least) => share > least).length;
}

/** Rows of fields on one time axis, as dark as their share is large. */
export function heatMap({ title, axis, bands, rows }: HeatMap): Markup {
  const ground = lane + rows.length * rowHeight;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="plots heat" role="img" aria-label="${title}" width="100%" height="${ground + axisHeight}">
${bands.map(({ fromMs, toMs }) => {
    const from = percentAt(axis, fromMs);
    return markup`<rect class="fault-bar" x="${from}%" y="1" width="${Math.max(0.4, rounded(percentAt(axis, toMs) - from))}%" height="6"/>`;
  })}
${rows.map((row, index) => rowMarkup(row, axis, lane + index * rowHeight))}
${timeAxis(axis, { ground, top: ground })}
</svg>`;
}

function rowMarkup({ label, total, fields }: HeatRow, axis: TimeAxis, y: number): Markup {
  const top = y + 15;
  return markup`<g><text class="row-label" x="0" y="${y + 11}">${label}</text><text class="row-scale" x="100%" text-anchor="end" y="${y + 11}">${total}</text>
<rect class="heat-0" x="0" y="${top}" width="100%" height="${fieldHeight}"/>${fields.map((field) => fieldMarkup(field, axis, top))}</g>`;
}

function fieldMarkup({ fromMs, toMs, share }: HeatField, axis: TimeAxis, top: number): Markup | null {
  const level = levelOf(share);
  if (level === 0) return null;
  const from = percentAt(axis, fromMs);
  return markup`<rect class="heat-${level}" x="${from}%" y="${top}" width="${rounded(percentAt(axis, toMs) - from)}%" height="${fieldHeight}"/>`;
}

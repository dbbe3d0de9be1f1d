import { markup, type Markup } from "../markup.ts";
import { percentAt, rounded, type TimeAxis } from "./axis.ts";
import { areaPath, linePath, type Values } from "./shapes.ts";
import { axisHeight, timeAxis } from "./time-axis.ts";

/** What a layer shows; colour and pattern belong to it (style.ts). */
export type Tone = "offered" | "good" | "bad" | "silent" | "latency" | "latency-high" | "attempts" | "counted" | "money";

export interface Layer {
  readonly shape: "area" | "line";
  readonly tone: Tone;
  readonly values: Values;
}

/** One plot of several that share a time axis. */
export interface PlotRow {
  readonly label: string;
  /** What its top stands for, such as `30 a second`. */
  readonly scale: string;
  readonly max: number;
  readonly layers: readonly Layer[];
}

/** A stretch of time behind the plots, such as a fault in force; a moment where both ends are equal. */
export interface Band {
  /** A short sign, which a legend explains. */
  readonly sign: string;
  /** Shown beside the sign where there is room for it. */
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Mark {
  readonly sign: string;
  readonly atMs: number;
  readonly kind: "alarm" | "recovery" | "action" | "exit" | "note";
}

export interface SmallMultiples {
  /** What the plots show, for those who do not see them. */
  readonly title: string;
  readonly axis: TimeAxis;
  /** How many steps the layers have. */
  readonly steps: number;
  readonly bands: readonly Band[];
  readonly marks: readonly Mark[];
  readonly rows: readonly PlotRow[];
}

const lane = 17;
const rowHeight = 32;
const labelHeight = 16;
const gap = 6;

/** How tall the plots are, in pixels. They are as wide as the page lets them be. */
export function heightOf({ bands, marks, rows }: Pick<SmallMultiples, "bands" | "marks" | "rows">): number {
  return topOf({ bands, marks }) + rows.length * (labelHeight + rowHeight + gap) + axisHeight;
}

/**
 * Plots one below the other on one time axis, with bands and marks drawn through all of them. Text keeps its size at
 * any width.
 */
export function smallMultiples(plots: SmallMultiples): Markup {
  const { title, axis, bands, marks, rows } = plots;
  const height = heightOf(plots);
  const ground = height - axisHeight;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="plots" role="img" aria-label="${title}" width="100%" height="${height}">
${bands.map((band, index) => bandMarkup(band, { axis, ground, y: index * lane }))}
${timeAxis(axis, { ground, top: topOf(plots) })}
${rows.map((row, index) => rowMarkup(row, { steps: plots.steps, y: topOf(plots) + index * (labelHeight + rowHeight + gap) }))}
${marks.map((mark, index) => markMarkup(mark, closeBefore(marks, index, axis), { axis, ground, y: bands.length * lane }))}
</svg>`;
}

function topOf({ bands, marks }: Pick<SmallMultiples, "bands" | "marks">): number {
  return bands.length * lane + (marks.length === 0 ? 0 : lane) + 3;
}

interface Place {
  readonly axis: TimeAxis;
  /** Where the plots end. */
  readonly ground: number;
  readonly y: number;
}

function bandMarkup({ sign, title, fromMs, toMs }: Band, { axis, ground, y }: Place): Markup {
  const from = percentAt(axis, fromMs);
  const to = percentAt(axis, toMs);
  const width = rounded(to - from);
  const isMoment = width < thinnest;
  const behind = isMoment
    ? markup`<line class="fault-moment" x1="${from}%" x2="${from}%" y1="${y + 13}" y2="${ground}"/>`
    : markup`<rect class="fault-band" x="${from}%" y="${y + 13}" width="${width}%" height="${ground - y - 13}"/>`;
  // The text stands on the side with more room, its title only where that is wide enough.
  const right = 100 - to >= from;
  const room = right ? 100 - to : from;
  const words = room >= titleRoom ? markup`<tspan class="${title.length * characterWidth > (room / 100) * narrowWidth ? "wide wider" : "wide"}"> ${title}</tspan>` : null;
  const text =
    room < signRoom
      ? markup`<text class="sign on-fault" x="${from}%" dx="3" y="${y + 12}">${sign}</text>`
      : markup`<text x="${right ? to : from}%" dx="${right ? 4 : -4}" y="${y + 12}"${right ? null : endAnchor}><tspan class="sign">${sign}</tspan>${words}</text>`;
  return markup`<g>${behind}<rect class="fault-bar" x="${from}%" y="${y + 3}" width="${Math.max(width, thinnest)}%" height="10"/>${text}</g>`;
}

/** In percent of the width: a band that would hardly be seen, what a sign needs, what a title needs. */
const thinnest = 0.4;
const signRoom = 5;
const titleRoom = 38;
/** In pixels: what a character takes, and the plot of a page that is so wide that titles are shown at all. */
const characterWidth = 5.8;
const narrowWidth = 700;
const endAnchor = markup` text-anchor="end"`;

function markMarkup({ sign, atMs, kind }: Mark, before: number, { axis, ground, y }: Place): Markup {
  const at = percentAt(axis, atMs);
  const isLate = at > 95;
  const dx = (isLate ? -1 : 1) * (4 + before * signWidth);
  return markup`<g class="mark mark-${kind}"><line x1="${at}%" x2="${at}%" y1="${y + 4}" y2="${ground}"/><text class="sign" x="${at}%" dx="${dx}" y="${y + 12}"${isLate ? endAnchor : null}>${sign}</text></g>`;
}

const signWidth = 11;

/** How many of the marks before one stand so close that their signs would cover each other. */
function closeBefore(marks: readonly Mark[], index: number, axis: TimeAxis): number {
  const at = percentAt(axis, marks[index]!.atMs);
  return marks.slice(0, index).filter(({ atMs }) => Math.abs(percentAt(axis, atMs) - at) < 3).length;
}

function rowMarkup({ label, scale, max, layers }: PlotRow, { steps, y }: { readonly steps: number; readonly y: number }): Markup {
  const top = y + labelHeight;
  const paths = layers.map(({ shape, tone, values }) => {
    const box = { max, height: rowHeight };
    const path = shape === "area" ? areaPath(values, box) : linePath(values, box);
    return path === "" ? null : markup`<path class="${shape} tone-${tone}" d="${path}"/>`;
  });
  return markup`<g><text class="row-label" x="0" y="${y + 13}">${label}</text><text class="row-scale" x="100%" text-anchor="end" y="${y + 13}">${scale}</text>
<line class="top" x1="0" x2="100%" y1="${top}" y2="${top}"/><line class="ground" x1="0" x2="100%" y1="${top + rowHeight}" y2="${top + rowHeight}"/>
<svg x="0" y="${top}" width="100%" height="${rowHeight}" viewBox="0 0 ${Math.max(1, steps)} ${rowHeight}" preserveAspectRatio="none">${paths}</svg></g>`;
}

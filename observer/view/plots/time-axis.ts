import { clockTime } from "../../measure/format.ts";
import { markup, type Markup } from "../markup.ts";
import { percentAt, ticksOf, type TimeAxis } from "./axis.ts";

export const axisHeight = 22;

const ticksMax = 7;

/** Round moments under the plots that end at `ground`, each with a thin line up to `top`; equal ends: without lines. */
export function timeAxis(axis: TimeAxis, { ground, top }: { readonly ground: number; readonly top: number }): Markup {
  return markup`<g class="axis">${ticksOf(axis, ticksMax).map((atMs) => {
    const at = percentAt(axis, atMs);
    const anchor = at < 3 ? "start" : at > 97 ? "end" : "middle";
    const line = top === ground ? null : markup`<line x1="${at}%" x2="${at}%" y1="${top}" y2="${ground}"/>`;
    return markup`${line}<text x="${at}%" y="${ground + 16}" text-anchor="${anchor}">${clockTime(atMs)}</text>`;
  })}</g>`;
}

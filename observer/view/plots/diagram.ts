import { markup, type Markup } from "../markup.ts";
import { rounded } from "./axis.ts";

export interface DiagramNode {
  readonly id: string;
  /** Which column it stands in, from 0. */
  readonly column: number;
  /** Signs of the faults that act on it; empty: none. */
  readonly signs: readonly string[];
}

export interface DiagramWay {
  readonly from: string;
  readonly to: string;
  readonly signs: readonly string[];
}

const pitch = 40;
const nodeHeight = 24;
const headHeight = 22;
/** From the middle of a box to the middle of the space below it. */
const laneBelow = pitch / 2;

/** Columns of boxes and the ways between them, from left to right. */
export function diagram({ title, columns, nodes, ways }: { readonly title: string; readonly columns: readonly string[]; readonly nodes: readonly DiagramNode[]; readonly ways: readonly DiagramWay[] }): Markup {
  const tallest = Math.max(1, ...columns.map((_, column) => nodes.filter((node) => node.column === column).length));
  const width = rounded(74 / columns.length);
  const places = new Map(nodes.map((node) => [node.id, placeOf(node, nodes, { columns: columns.length, tallest })]));
  const height = headHeight + tallest * pitch;
  const lines = ways.flatMap(({ from, to, signs }) => {
    const [start, end] = [places.get(from), places.get(to)];
    if (start === undefined || end === undefined) return [];
    const lane = laneOf(start, end, [...places.values()]);
    if (lane !== null) return [laneMarkup({ start, end, lane, width, height }, signs)];
    const side = end.x >= start.x ? width / 2 : -width / 2;
    const [x1, x2] = start.x === end.x ? [start.x, end.x] : [start.x + side, end.x - side];
    const sign = signs.length === 0 ? null : markup`<text class="sign" x="${rounded((x1 + x2) / 2)}%" y="${(start.y + end.y) / 2 - 4}" text-anchor="middle">${signs.join(" ")}</text>`;
    return [markup`<line class="${signs.length === 0 ? "way" : "way way-hit"}" x1="${rounded(x1)}%" x2="${rounded(x2)}%" y1="${start.y}" y2="${end.y}"/>${sign}`];
  });
  return markup`<svg xmlns="http://www.w3.org/2000/svg" class="plots" role="img" aria-label="${title}" width="100%" height="${height}">
<g class="axis">${columns.map((name, column) => markup`<text x="${rounded(((column + 0.5) * 100) / columns.length)}%" y="12" text-anchor="middle">${name}</text>`)}</g>
${lines}
${nodes.map((node) => nodeMarkup(node, places.get(node.id)!, width))}
</svg>`;
}

interface Place {
  /** Percent of the width. */
  readonly x: number;
  readonly y: number;
}

function placeOf(node: DiagramNode, nodes: readonly DiagramNode[], { columns, tallest }: { readonly columns: number; readonly tallest: number }): Place {
  const own = nodes.filter(({ column }) => column === node.column);
  const row = own.indexOf(node) + (tallest - own.length) / 2;
  return { x: ((node.column + 0.5) * 100) / columns, y: headHeight + (row + 0.5) * pitch };
}

/**
 * Where a way may pass a column that it leaves out: between its boxes, or above or below all of them. Null: it leaves
 * none out.
 */
function laneOf(start: Place, end: Place, places: readonly Place[]): Place | null {
  const passed = places.filter(({ x }) => (x - start.x) * (x - end.x) < 0);
  const columns = new Set(passed.map(({ x }) => x));
  if (columns.size !== 1) return null;
  const lanes = passed.flatMap(({ y }) => [y - laneBelow, y + laneBelow]);
  const detour = (y: number) => Math.abs(y - start.y) + Math.abs(y - end.y);
  const y = lanes.reduce((best, lane) => (detour(lane) < detour(best) ? lane : best));
  return { x: passed[0]!.x, y };
}

interface Detour {
  readonly start: Place;
  readonly end: Place;
  readonly lane: Place;
  readonly width: number;
  readonly height: number;
}

/** A way that bends round the boxes between its ends. The path is stretched to the width of the diagram. */
function laneMarkup({ start, end, lane, width, height }: Detour, signs: readonly string[]): Markup {
  const side = end.x >= start.x ? width / 2 : -width / 2;
  const points = [[start.x + side, start.y], [lane.x - side, lane.y], [lane.x + side, lane.y], [end.x - side, end.y]] as const;
  const path = points.map(([x, y]) => `${rounded(x)} ${y}`).join("L");
  const sign = signs.length === 0 ? null : markup`<text class="sign" x="${rounded(lane.x)}%" y="${lane.y - 4}" text-anchor="middle">${signs.join(" ")}</text>`;
  return markup`<svg width="100%" height="${height}" viewBox="0 0 100 ${height}" preserveAspectRatio="none" overflow="visible"><path class="${signs.length === 0 ? "way" : "way way-hit"}" d="M${path}"/></svg>${sign}`;
}

function nodeMarkup({ id, signs }: DiagramNode, { x, y }: Place, width: number): Markup {
  const hit = signs.length > 0;
  const sign = hit ? markup`<text class="sign" x="${rounded(x + width / 2)}%" dx="3" y="${y - 8}">${signs.join(" ")}</text>` : null;
  return markup`<g><rect class="${hit ? "node node-hit" : "node"}" x="${rounded(x - width / 2)}%" y="${y - nodeHeight / 2}" width="${width}%" height="${nodeHeight}" rx="3"/><text x="${rounded(x)}%" y="${y + 4}" text-anchor="middle">${id}</text>${sign}</g>`;
}

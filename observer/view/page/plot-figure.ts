import { markup, type Markup, type Part } from "../markup.ts";

/** The numbers of a plot as a table, one row a step of its time axis. */
export interface Twin {
  readonly caption: string;
  /** The first is the time. */
  readonly columns: readonly string[];
  /** Null: there is none. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/**
 * A plot with its legend and its table twin, over which the page's script moves a cursor. `steps`: of its time axis,
 * where that is longer than the twin.
 */
export function plotFigure({ name, plot, legend, twin, steps = twin.rows.length }: { readonly name: string; readonly plot: Markup; readonly legend: Part; readonly twin: Twin; readonly steps?: number }): Markup {
  return markup`<figure data-plot="${name}" data-steps="${steps}"><div class="plot">${plot}</div><output class="readout"></output>
${legend}${twinMarkup(twin)}</figure>`;
}

function twinMarkup({ caption, columns, rows }: Twin): Markup {
  const cells = (row: Twin["rows"][number]) => row.map((value) => (typeof value === "number" ? markup`<td class="number">${Number.isInteger(value) ? value : Number(value.toPrecision(5))}</td>` : markup`<td>${value ?? ""}</td>`));
  return markup`<details class="twin"><summary>The numbers of this plot</summary><div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table><caption class="note">${caption}</caption><thead><tr>${columns.map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead><tbody>
${rows.map((row) => markup`<tr>${cells(row)}</tr>
`)}</tbody></table></div></details>`;
}

import { formatValue } from "../../measure/format.ts";
import type { Value } from "../../measure/quantity.ts";
import { markup, type Markup, type Part } from "../markup.ts";
import type { Sentence, ViewTable } from "../run-view.ts";

/**
 * A value as text that people read, with the number itself for programs: `<data value="0.143">14.3 %</data>`; both ends
 * of a range.
 */
export function valueMarkup(value: Value): Part {
  if (typeof value === "string") return value;
  const [low, high] = value.range;
  return markup`<data value="${low === high ? String(low) : `${low}..${high}`}">${formatValue(value)}</data>`;
}

export function sentenceMarkup(sentence: Sentence): Markup {
  return markup`${sentence.map(valueMarkup)}`;
}

/** A table of a view, with what is to be said about it. */
export function tableMarkup(table: ViewTable): Markup {
  const { name, columns, rows, notes } = table;
  const numeric = columns.map((_, index) => isNumeric(rows, index));
  const head = columns.map((title, index) => markup`<th scope="col"${numeric[index]! ? markup` class="number"` : null}>${title === "" ? markup`<span class="skip">what</span>` : title}</th>`);
  const body = rows.map((row) => markup`<tr>${row.map((value, index) => markup`<td${numeric[index]! ? markup` class="number"` : null}>${valueMarkup(value)}</td>`)}</tr>
`);
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="${table.title}"><table data-table="${name}"><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>
${notesMarkup(notes)}`;
}

/** A column whose cells are quantities, but for what stands where a value does not exist. */
function isNumeric(rows: ViewTable["rows"], index: number): boolean {
  const values = rows.map((row) => row[index] ?? "");
  return values.some((value) => typeof value !== "string") && values.every((value) => typeof value !== "string" || value.length < 24);
}

export function notesMarkup(notes: readonly string[]): Part {
  if (notes.length === 0) return null;
  const [only, ...others] = notes;
  return others.length === 0 ? markup`<p class="note">${only!}</p>` : markup`<ul class="note">${notes.map((note) => markup`<li>${note}</li>`)}</ul>`;
}

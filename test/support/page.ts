/** Reads numbers out of a page's text, without any of the code that made it. */

/** `<data value="…">` as numbers: both ends of a range, or one. */
export type Read = readonly number[];

const dataIn = (markup: string): Read[] => [...markup.matchAll(/<data value="([^"]+)">/g)].map(([, value]) => value!.split("..").map(Number));

/** Every figure that the page shows, as often as it does; an empty list for one that is no number. */
export function figuresIn(page: string): readonly (readonly [name: string, value: Read])[] {
  return [...page.matchAll(/data-figure="(\w+)">(?:<data value="([^"]+)">)?/g)].map(([, name, value]) => [name!, value === undefined ? [] : value.split("..").map(Number)] as const);
}

/** The content of the section of that id. */
export function sectionIn(page: string, id: string): string {
  return new RegExp(`<section id="${id}">(.*?)</section>`, "s").exec(page)?.[1] ?? "";
}

export function valuesIn(markup: string): readonly Read[] {
  return dataIn(markup);
}

/** The cells of the table of that name, as texts; a cell with a number has the number. */
export function tableIn(page: string, name: string): readonly (readonly string[])[] {
  const body = new RegExp(`<table data-table="${name}">.*?<tbody>(.*?)</tbody>`, "s").exec(page)?.[1] ?? "";
  return rowsIn(body);
}

/** The rows of the table beside a plot, and its columns. */
export function twinIn(page: string, plot: string): { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const figure = new RegExp(`<figure data-plot="${plot}"[^>]*>(.*?)</figure>`, "s").exec(page)?.[1] ?? "";
  const columns = [...(/<thead>(.*?)<\/thead>/s.exec(figure)?.[1] ?? "").matchAll(/<th[^>]*>(.*?)<\/th>/gs)].map(([, text]) => text!);
  return { columns, rows: rowsIn(/<tbody>(.*?)<\/tbody>/s.exec(figure)?.[1] ?? "") };
}

function rowsIn(body: string): string[][] {
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) => [...row!.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell]) => /<data value="([^"]+)">/.exec(cell!)?.[1] ?? cell!));
}

/** What a reader sees: the text without its tags. */
export function textIn(markup: string): string {
  const entities: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
  return markup.replaceAll(/<[^>]+>/g, "").replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity]!);
}

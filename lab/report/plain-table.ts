import Table from "cli-table3";

const noBorders = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right", "left", "left-mid", "mid", "mid-mid", "right", "right-mid"].map(
    (name) => [name, ""],
  ),
);

/** A table of columns alone, without borders. With `colWidths`, cells are broken at spaces. */
export function plainTable({ colWidths = [] }: { readonly colWidths?: readonly number[] } = {}): Table.Table {
  return new Table({ colWidths: [...colWidths], wordWrap: colWidths.length > 0, chars: { ...noBorders, middle: "  " }, style: { "padding-left": 0, "padding-right": 0, head: [], border: [] } });
}

/** Its lines, without spaces at their ends. */
export function tableText(table: Table.Table): string {
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

import Table from "cli-table3";

const noBorders = Object.fromEntries(
  ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right", "left", "left-mid", "mid", "mid-mid", "right", "right-mid"].map(
    (name) => [name, ""],
  ),
);

/** A table of columns alone, without borders. */
export function plainTable(): Table.Table {
  return new Table({ chars: { ...noBorders, middle: "  " }, style: { "padding-left": 0, "padding-right": 0, head: [], border: [] } });
}

/** Its lines, without spaces at their ends. */
export function tableText(table: Table.Table): string {
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

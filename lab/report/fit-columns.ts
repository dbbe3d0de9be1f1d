import { stripVTControlCharacters } from "node:util";

/** The last column of a table keeps this much, or the line is broken under its own beginning. */
const roomMin = 24;

/**
 * Text for a terminal of so many columns (undefined: not a terminal, all as it is). What does not fit a line goes on
 * below the line's last column. Lines with a command stay whole, so that they can be copied.
 */
export function fitColumns(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split("\n")
    .map((line) => (widthOf(line) <= columns || line.includes("npx blastlab") ? line : broken(line, columns)))
    .join("\n");
}

const widthOf = (line: string) => stripVTControlCharacters(line).length;

function broken(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  const starts = [...plain.matchAll(/(?<=\S)\s{2,}(?=\S)/g)].map((gap) => gap.index + gap[0].length);
  const start = starts.findLast((at) => at <= columns - roomMin) ?? plain.search(/\S/) + 2;
  const lines: string[] = [];
  let current: string | null = null;
  for (const word of line.split(" ")) {
    const longer: string = current === null ? word : `${current} ${word}`;
    const isFull: boolean = current !== null && current.trim() !== "" && word !== "" && widthOf(longer) > columns;
    if (isFull) lines.push(current!.trimEnd());
    current = isFull ? " ".repeat(start) + word : longer;
  }
  return [...lines, current!].join("\n");
}

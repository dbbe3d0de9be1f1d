import { fitColumns } from "../report/fit-columns.ts";

/** Where a command writes. */
export interface Io {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** JSON for a program: two spaces, one line end. */
export function writeJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Lines for a person. */
export function writeLines(io: Io, lines: readonly string[]): void {
  io.stdout.write(fitColumns(`${lines.join("\n")}\n`, io.stdout.columns));
}

/** A JSON list, element by element, as `writeJson` would write it: none of it is held. */
export function writeJsonList(io: Io, values: Iterable<unknown>): void {
  let separator = "[\n";
  for (const value of values) {
    io.stdout.write(separator + JSON.stringify(value, null, 2).replace(/^/gm, "  "));
    separator = ",\n";
  }
  io.stdout.write("\n]\n");
}

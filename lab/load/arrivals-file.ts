import * as fs from "node:fs";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Arrival } from "../../kernel/plan.ts";
import { fileReader } from "../../kernel/text-file.ts";
import { utf8Text } from "../../kernel/utf8.ts";

const { readLines } = fileReader(fs);

/** Some 4 million requests. */
const limits = { bytesMax: 2 ** 30, lineBytesMax: 2 ** 20 };

/** `arrivals.ndjson`: one Arrival a line. */
export function writeArrivals(path: string, arrivals: readonly Arrival[]): void {
  fs.writeFileSync(path, arrivals.map((arrival) => `${JSON.stringify(arrival)}\n`).join(""));
}

/** Throws LabError `arrivals_unreadable`, with the line, for a file that is missing, damaged or beyond the limits. */
export function readArrivals(path: string): readonly Arrival[] {
  try {
    return Array.from(readLines(path, limits), ({ number, bytes }) => arrivalOf(number, utf8Text(bytes)));
  } catch (error) {
    throw new LabError({
      exit: "failed",
      code: "arrivals_unreadable",
      message: `Cannot read the arrivals "${path}": ${messageOf(error)}`,
      hint: "Run again: the lab writes this file before it starts the load",
      cause: error,
    });
  }
}

function arrivalOf(number: number, line: string): Arrival {
  let value: Partial<Arrival> | null;
  try {
    value = JSON.parse(line) as Partial<Arrival> | null;
  } catch {
    throw new Error(`line ${number} is not JSON`);
  }
  if (typeof value?.requestId !== "string" || typeof value.atMs !== "number") throw new Error(`line ${number} is not an arrival`);
  return value as Arrival;
}

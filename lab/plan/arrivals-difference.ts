import { existsSync } from "node:fs";
import path from "node:path";
import type { Arrival } from "../../kernel/plan.ts";
import { utf8Text } from "../../kernel/utf8.ts";
import { fileLimits, readLines } from "../files.ts";
import { firstDifference } from "./difference.ts";

export const arrivalsFile = "arrivals.ndjson";

/**
 * Where the arrivals of a run directory first differ, as a clause; null where they do not. Throws what reading throws.
 */
export function arrivalsDifference(directory: string, arrivals: readonly Arrival[]): string | null {
  const file = path.join(directory, arrivalsFile);
  if (!existsSync(file)) return `${arrivalsFile} is missing`;
  let count = 0;
  for (const { number, bytes } of readLines(file, fileLimits.arrivals)) {
    const line = utf8Text(bytes);
    if (line === "") continue;
    const arrival = arrivals[count++];
    if (arrival === undefined) return `line ${number} is one too many`;
    const difference = line === JSON.stringify(arrival) ? null : firstDifference(JSON.parse(line), arrival);
    if (difference !== null) return `in line ${number}, ${difference}`;
  }
  return count === arrivals.length ? null : `there are ${count} of ${arrivals.length}`;
}

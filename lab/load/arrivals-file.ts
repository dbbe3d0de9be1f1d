import { readFileSync, writeFileSync } from "node:fs";
import type { Arrival } from "../../kernel/plan.ts";

/** `arrivals.ndjson`: one Arrival a line. */
export function writeArrivals(path: string, arrivals: readonly Arrival[]): void {
  writeFileSync(path, arrivals.map((arrival) => `${JSON.stringify(arrival)}\n`).join(""));
}

/** Throws as `readFileSync` and `JSON.parse` do. */
export function readArrivals(path: string): readonly Arrival[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Arrival);
}

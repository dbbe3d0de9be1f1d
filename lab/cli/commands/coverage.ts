import { existsSync } from "node:fs";
import { scenarioNames } from "../../plan/library.ts";
import { plainTable, tableText } from "../../report/plain-table.ts";
import { paintFor } from "../../board/paint.ts";
import { coverageOf, coveredText, type Coverage } from "../../suite/coverage.ts";
import { scenarioFacts } from "../../suite/scenario-facts.ts";
import { sightingsIn } from "../../suite/sightings.ts";
import { summaryText } from "../../suite/summary.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

export interface CoverageFlags {
  readonly stack?: readonly string[];
  readonly json?: boolean;
}

/** `blastlab coverage`: failure mode by stack, how it ended last, when, and when it last held. */
export function coverageCommand(folders: readonly string[], { stack, json = false }: CoverageFlags, io: Io): void {
  const usual = existsSync("runs") ? ["runs"] : [];
  const found = (folders.length === 0 ? usual : folders).map(sightingsIn);
  const sightings = found.flatMap((one) => one.sightings);
  const unreadable = found.flatMap((one) => one.unreadable);
  const stacks = stack ?? [...new Set(sightings.map((sighting) => sighting.stack))].sort();
  const known = scenarioNames().map((failureMode) => ({ failureMode, family: scenarioFacts(failureMode).scenario.tags[0] ?? null }));
  const coverage = coverageOf({ sightings, known, stacks, nowMs: Date.now() });
  if (json) return writeJson(io, { ...coverage, unreadable });
  if (stacks.length === 0) return writeLines(io, ["Nothing was played yet: `npx blastlab suite` and `npx blastlab run` leave directories under runs/"]);
  writeLines(io, [tableOf(coverage, stacks, io), "", ...stacks.map((name) => `${name}: ${summaryText(coverage.summaries[name]!)}`)]);
  for (const message of unreadable) io.stderr.write(`left out: ${message}\n`);
}

function tableOf({ rows }: Coverage, stacks: readonly string[], io: Io): string {
  const { dim } = paintFor(io.stdout);
  const table = plainTable();
  table.push(["failure mode", "family", ...stacks].map((text) => dim(text)));
  for (const { failureMode, family, stacks: covered } of rows) table.push([failureMode, family ?? "-", ...stacks.map((name) => coveredText(covered[name]!))]);
  return tableText(table);
}

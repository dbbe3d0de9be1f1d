import { existsSync } from "node:fs";
import { LabError } from "../../../kernel/errors.ts";
import { closest } from "../../../scenarios/closest.ts";
import { scenarioNames, stackNames } from "../../plan/library.ts";
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
  const seen = [...new Set(sightings.map((sighting) => sighting.stack))].sort();
  const stacks = stack === undefined ? seen : chosenStacks(stack, seen);
  const known = scenarioNames().map((failureMode) => ({ failureMode, family: scenarioFacts(failureMode).scenario.tags[0] ?? null }));
  const coverage = coverageOf({ sightings, known, stacks, nowMs: Date.now() });
  if (json) return writeJson(io, { ...coverage, unreadable });
  if (stacks.length === 0) return writeLines(io, ["Nothing was played yet: `npx blastlab suite` and `npx blastlab run` leave directories under runs/"]);
  writeLines(io, [tableOf(coverage, stacks, io), "", ...stacks.map((name) => `${name}: ${summaryText(coverage.summaries[name]!)}`)]);
  for (const message of unreadable) io.stderr.write(`left out: ${message}\n`);
}

/** Names with spaces or commas between them: of the library, or of runs that were found. */
function chosenStacks(names: readonly string[], seen: readonly string[]): readonly string[] {
  const chosen = [...new Set(names.flatMap((name) => name.split(",")).filter((name) => name !== ""))];
  const known = [...new Set([...seen, ...stackNames()])];
  for (const name of chosen) if (!known.includes(name)) throw unknownStack(name, closest(name, known));
  return chosen.length === 0 ? seen : chosen;
}

function unknownStack(name: string, near: readonly string[]): LabError {
  const hint = near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "`npx blastlab stacks` lists the stacks; a stack of your own goes by the name of its file";
  return new LabError({ exit: "refused", code: "unknown_stack", message: `No run was on a stack "${name}", and the library has none of that name`, hint });
}

function tableOf({ rows }: Coverage, stacks: readonly string[], io: Io): string {
  const { dim } = paintFor(io.stdout);
  const table = plainTable();
  table.push(["failure mode", "family", ...stacks].map((text) => dim(text)));
  for (const { failureMode, family, stacks: covered } of rows) table.push([failureMode, family ?? "-", ...stacks.map((name) => coveredText(covered[name]!))]);
  return tableText(table);
}

import { z } from "zod";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { firstTwice } from "../../kernel/first-twice.ts";
import { readJson } from "../files.ts";
import type { Cell, CellEnd, CellResult } from "./cell.ts";
import type { Accepted } from "./standing.ts";
import { assertSchema, firstProblem } from "./suite-files.ts";
import type { Suite } from "./suite.ts";
import { valueOf, type TrackedName } from "./tracked.ts";

/** What a team has accepted, in a file that it commits and reviews. */
export interface Baseline {
  readonly schema: "blastlab.baseline/1";
  /** What the cells were played with: real processes and virtual time do not measure the same. */
  readonly harness: Suite["harness"];
  readonly cells: readonly BaselineCell[];
}

/** A scenario on a stack over its seeds: the n-th end and value are of the n-th seed. */
export interface BaselineCell extends Pick<Cell, "scenario" | "stack" | "sets"> {
  readonly seeds: readonly number[];
  readonly ends: readonly CellEnd[];
  readonly values: Readonly<Record<TrackedName, readonly (number | null)[]>>;
}

const bytesMax = 64 << 20;

const perSeed = z.array(z.number().nullable());
const lineSchema = z
  .object({
    scenario: z.string(),
    stack: z.string(),
    sets: z.array(z.string()),
    seeds: z.array(z.int().min(0)).min(1),
    ends: z.array(z.enum(["held", "deviated", "not_recovered", "not_applicable"])),
    values: z.object({ blastRadius: perSeed, silentShare: perSeed, amplification: perSeed, recoveryMs: perSeed }),
  })
  .refine(({ seeds }) => new Set(seeds).size === seeds.length, { path: ["seeds"], error: "one is there twice" })
  .refine(({ seeds, ends, values }) => [ends, ...Object.values(values)].every((list) => list.length === seeds.length), { error: "it has not one end and one value for each seed" });
const baselineSchema = z.object({ schema: z.literal("blastlab.baseline/1"), harness: z.enum(["virtual", "live"]).default("virtual"), cells: z.array(lineSchema) });

/** Throws LabError `refused` `baseline_unreadable`. */
export function readBaseline(file: string): Baseline {
  try {
    const value = readJson(file, bytesMax) as Partial<Baseline> | null;
    assertSchema(value, "blastlab.baseline/1");
    const parsed = baselineSchema.safeParse(value);
    if (!parsed.success) throw new Error(firstProblem(parsed.error));
    const twice = firstTwice(parsed.data.cells, keyOf);
    if (twice !== undefined) throw new Error(`it has two lines for ${twice.scenario} on ${twice.stack}`);
    return parsed.data;
  } catch (error) {
    throw new LabError({ exit: "refused", code: "baseline_unreadable", message: `Cannot read the baseline "${file}": ${messageOf(error)}`, hint: "Write it with --update, and commit it", cause: error });
  }
}

/** Refuses a baseline of the other harness. Throws LabError `refused` `baseline_of_other_harness`. */
export function assertSameHarness(file: string, { harness }: Baseline, played: Suite["harness"]): void {
  if (harness === played) return;
  const words = { virtual: "virtual time", live: "live runs" } as const;
  throw new LabError({ exit: "refused", code: "baseline_of_other_harness", message: `Cannot use the baseline "${file}": it is of ${words[harness]}, and the suite of ${words[played]}`, hint: "Keep a baseline for each: --baseline FILE --update" });
}

/** A line for each cell, so that a review sees which have changed. */
export function baselineText({ schema, harness, cells }: Baseline): string {
  return `{\n"schema": ${JSON.stringify(schema)},\n"harness": ${JSON.stringify(harness)},\n"cells": [\n${cells.map((cell) => JSON.stringify(cell)).join(",\n")}\n]\n}\n`;
}

const keyOf = ({ scenario, stack, sets }: Pick<Cell, "scenario" | "stack" | "sets">) => canonicalJson([scenario, stack, sets]);

/** Ends that nobody can accept: the cell was not judged. */
const unjudged: ReadonlySet<CellEnd> = new Set<CellEnd>(["unknown", "failed", "interrupted"]);

/**
 * The baseline with these results in place of what it had of their scenarios and stacks. Cells that were not judged are
 * left out.
 */
export function updatedBaseline(before: Baseline | null, results: readonly CellResult[], harness: Suite["harness"] = "virtual"): Baseline {
  const groups = [...Map.groupBy(results.filter(({ end }) => !unjudged.has(end)), ({ cell }) => keyOf(cell)).values()];
  const cells = new Map((before?.cells ?? []).map((cell) => [keyOf(cell), cell]));
  for (const group of groups) cells.set(keyOf(group[0]!.cell), baselineCell(group));
  return { schema: "blastlab.baseline/1", harness, cells: [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell) };
}

function baselineCell(results: readonly CellResult[]): BaselineCell {
  const { scenario, stack, sets } = results[0]!.cell;
  const values = (name: TrackedName) => results.map((result) => rounded(valueOf(name, result)));
  return {
    scenario,
    stack,
    sets,
    seeds: results.map(({ cell }) => cell.seed),
    ends: results.map(({ end }) => end),
    values: { blastRadius: values("blastRadius"), silentShare: values("silentShare"), amplification: values("amplification"), recoveryMs: values("recoveryMs") },
  };
}

/** Six digits tell any difference that counts, and keep the file readable. */
const rounded = (value: number | null) => (value === null ? null : Number(value.toPrecision(6)));

/** The end that the baseline has of a cell. Of a seed that it does not have, the worst of its seeds. */
export function acceptedBy(baseline: Baseline): Accepted {
  const cells = baselineCells(baseline);
  return (cell) => {
    const known = cells(cell);
    return known?.ends[known.seeds.indexOf(cell.seed)] ?? worst.find((end) => known?.ends.includes(end));
  };
}

const worst: readonly CellEnd[] = ["not_recovered", "deviated", "held", "not_applicable"];

/** Looks up the cell of a scenario on a stack. */
export function baselineCells({ cells }: Baseline): (cell: Pick<Cell, "scenario" | "stack" | "sets">) => BaselineCell | undefined {
  const byKey = new Map(cells.map((cell) => [keyOf(cell), cell]));
  return (cell) => byKey.get(keyOf(cell));
}

import { existsSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { parseLoadSource } from "../kernel/load-source.ts";
import type { Plan } from "../kernel/plan.ts";
import type { RunRecords, TapHeader, TapName } from "../kernel/records.ts";
import { actionSchema, countedSchema, canarySchema, clientSchema, faultSchema, handSchema, noteSchema, wireSchema } from "./record-schemas.ts";
import { readTap } from "./tap-reader.ts";

export interface RunTaps {
  readonly records: RunRecords;
  /** Unix ms of the timeline's zero; null where the client tap has no header. */
  readonly epochMs: number | null;
}

/** The most records that a run of a plan can leave in a tap, with room to spare. */
const recordsMax: Readonly<Record<TapName, (plan: Plan) => number>> = {
  client: ({ arrivalCount }) => 1_000 + 2 * arrivalCount,
  wire: ({ arrivalCount }) => 10_000 + 20 * arrivalCount,
  canary: ({ routes, timeline }) => 1_000 + routes.length * Math.ceil(timeline.endMs / 1_000),
  counted: ({ timeline }) => 1_000 + 2 * Math.ceil(timeline.endMs / 1_000),
  faults: ({ faults }) => 100 + 10 * faults.length,
  actions: ({ actions = [] }) => 100 + actions.length,
  notes: () => 1_000,
  hand: () => 100,
};

/**
 * Every tap of a run directory (docs/ARCHITECTURE.md), read and verified. What is missing, cut, damaged or of another
 * run is reported in `tapFaults`; the records before the damage are there all the same.
 */
export function readTaps(directory: string, plan: Plan): RunTaps {
  const faults: string[] = [];
  const headers: { file: string; header: TapHeader }[] = [];
  const read = <R>(file: string, tap: TapName, schema: z.ZodType<R>): readonly R[] => {
    const reading = readTap(path.join(directory, "taps", `${file}.ndjson`), { file, tap, run: plan.run, seed: plan.seed, offered: plan.arrivalCount, recordsMax: recordsMax[tap](plan) }, schema);
    faults.push(...reading.faults);
    if (reading.header !== null) headers.push({ file, header: reading.header });
    return reading.records;
  };
  const client = read("client", "client", clientSchema);
  const wire = plan.deployments.flatMap(({ name }) => {
    const records = read(`wire-${name}`, "wire", wireSchema);
    const foreign = records.find(({ deployment }) => deployment !== name);
    if (foreign !== undefined) faults.push(`tap wire-${name} holds a record of ${foreign.deployment}`);
    return records;
  });
  const canary = read("canary", "canary", canarySchema);
  const counted = read("counted", "counted", countedSchema);
  const injected = read("faults", "faults", faultSchema);
  // Only a run with a live page has these. One that is taken away is missed by its sum in `end.json`.
  const isThere = (tap: TapName) => existsSync(path.join(directory, "taps", `${tap}.ndjson`));
  const notes = isThere("notes") ? read("notes", "notes", noteSchema) : undefined;
  const hand = isThere("hand") ? read("hand", "hand", handSchema) : undefined;
  const isStepped = plan.actions !== undefined || hand?.some((record) => "step" in record) === true;
  const actions = isStepped ? read("actions", "actions", actionSchema) : undefined;
  const clientHeader = headers.find(({ header }) => header.tap === "client")?.header;
  const loadSource = clientHeader === undefined ? null : parseLoadSource(clientHeader.source);
  const records = { loadSource, client, wire, canary, counted, faults: injected, ...(actions !== undefined && { actions }), ...(notes !== undefined && { notes }), ...(hand !== undefined && { hand }), tapFaults: [...faults, ...epochFaults(headers)] };
  return { records, epochMs: clientHeader?.epochMs ?? null };
}

/** Taps whose zeros differ cannot be laid beside each other. */
function epochFaults(headers: readonly { readonly file: string; readonly header: TapHeader }[]): readonly string[] {
  const [first] = headers;
  return headers
    .filter(({ header }) => header.epochMs !== first?.header.epochMs)
    .map(({ file, header }) => `tap ${file} counts from ${header.epochMs} and tap ${first?.file} from ${first?.header.epochMs}`);
}

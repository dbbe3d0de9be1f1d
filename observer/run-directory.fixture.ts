import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { formatLoadSource } from "../kernel/load-source.ts";
import type { Arrival, Plan } from "../kernel/plan.ts";
import type { RunEnd, RunEndFile, RunRecords, TapName } from "../kernel/records.ts";
import { sumOf } from "./sums.ts";
import { TapWriter } from "./tap-writer.ts";

/** Unix ms of the zero of every run that the tests write. */
export const epochMs = 1_790_000_000_000;

/** Writes a run directory as a live run leaves it, under the system's temporary directory, and returns its path. */
export function writeRun(plan: Plan, records: RunRecords, arrivals: readonly Arrival[] = []): string {
  const directory = mkdtempSync(path.join(tmpdir(), "blastlab-run-"));
  mkdirSync(path.join(directory, "taps"));
  writeFileSync(path.join(directory, "plan.json"), JSON.stringify(plan));
  writeFileSync(path.join(directory, "arrivals.ndjson"), arrivals.map((arrival) => `${JSON.stringify(arrival)}\n`).join(""));
  const write = (file: string, tap: TapName, all: readonly object[], source = "test") => {
    using writer = new TapWriter(tapPath(directory, file), { tap, source, run: plan.run, seed: plan.seed, epochMs });
    for (const record of all) writer.append(record);
  };
  write("client", "client", records.client, formatLoadSource(records.loadSource ?? { generator: "test", instrument: "test" }));
  for (const { name } of plan.deployments) write(`wire-${name}`, "wire", records.wire.filter(({ deployment }) => deployment === name));
  write("canary", "canary", records.canary);
  write("counted", "counted", records.counted);
  write("faults", "faults", records.faults);
  const end: RunEnd = { reason: "completed", message: "", atMs: plan.timeline.endMs, troubles: [], stillInForce: [], componentExits: [] };
  seal(directory, end);
  return directory;
}

/** Writes `end.json` with the sums of the directory's files as they are now. */
export function seal(directory: string, end: RunEnd): void {
  const taps = readdirSync(path.join(directory, "taps")).map((name) => `taps/${name}`);
  const sums = Object.fromEntries(["plan.json", "arrivals.ndjson", ...taps].map((file) => [file, sumOf(path.join(directory, file))]));
  writeFileSync(path.join(directory, "end.json"), JSON.stringify({ ...end, sums } satisfies RunEndFile));
}

export function tapPath(directory: string, file: string): string {
  return path.join(directory, "taps", `${file}.ndjson`);
}

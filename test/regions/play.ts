import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Plan } from "../../kernel/plan.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { readTap } from "../../lab/load/fixtures/tap.ts";
import { movedAfterMs, removedPerMinute } from "./figures.ts";
import { moveMsMax, removedMax, type RegionCase } from "./cases.ts";

const root = path.resolve(import.meta.dirname, "../..");

export interface Part {
  readonly harness: "virtual" | "live";
  readonly engine: "embedded" | "haproxy";
  readonly seed: number;
}

/** A row of the page. Figures are null where a run gave none. */
export interface Row extends Part {
  readonly name: string;
  readonly verdict: string;
  readonly reason: string;
  readonly requests: number | null;
  readonly lostShare: number | null;
  readonly movedAfterMs: number | null;
  readonly dip: number | null;
  readonly idleReplicas: number | null;
  /** By the edges' logs, of a live run. */
  readonly removedPerMinute: number | null;
  readonly holds: boolean;
}

/** A live run that takes longer is ended, and its row says that it failed. */
export const runMsMax = 480_000;

/** Plays one case by the lab's own command, and reads its run directory. */
export async function playRegionCase({ name, scenario, lost }: RegionCase, part: Part): Promise<Row> {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), "blastlab-regions-")), "run");
  const args = ["run", scenario, "--stack", "hardened", "--seed", String(part.seed), "--set", `stack.edge.engine=${part.engine}`, "--out", folder, "--json", ...(part.harness === "virtual" ? ["--virtual"] : [])];
  const child = spawn(process.execPath, [path.join(root, "lab/cli/main.ts"), ...args], { cwd: root, stdio: ["ignore", "ignore", "pipe"], ...(part.harness === "live" && { timeout: runMsMax }) });
  let trouble = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (trouble = `${trouble}${text}`.slice(-2_000)));
  await once(child, "exit");
  const none = { ...part, name, requests: null, lostShare: null, movedAfterMs: null, dip: null, idleReplicas: null, removedPerMinute: null, holds: false };
  if (!existsSync(path.join(folder, "verdict.json"))) return { ...none, verdict: "failed", reason: trouble.trim().split("\n").at(-1) ?? "" };
  const { verdict, reasons, measures } = JSON.parse(readFileSync(path.join(folder, "verdict.json"), "utf8")) as Verdict;
  if (measures === null) return { ...none, verdict, reason: reasons[0] ?? "" };
  const plan = JSON.parse(readFileSync(path.join(folder, "plan.json"), "utf8")) as Plan;
  const { records } = readTap(path.join(folder, "taps/client.ndjson"));
  const moved = movedAfterMs(plan, records, lost);
  const removed = removedBy(path.join(folder, "logs"));
  const holds = verdict === "held" && (moved === null || moved <= moveMsMax) && (removed === null || removed <= removedMax + 1e-9);
  return { ...none, verdict, reason: reasons[0] ?? "", requests: records.length, lostShare: measures.blastRadius?.share ?? null, movedAfterMs: moved, dip: measures.dip, idleReplicas: measures.idleReplicas, removedPerMinute: removed, holds };
}

/** Of the edge that removed the most. */
function removedBy(logs: string): number | null {
  const removals = readdirSync(logs).filter((file) => file.startsWith("edge")).flatMap((file) => removedPerMinute(readFileSync(path.join(logs, file), "utf8")) ?? []);
  return removals.length === 0 ? null : Math.max(...removals);
}

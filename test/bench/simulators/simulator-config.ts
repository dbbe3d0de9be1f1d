import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LatencyProfile } from "../../../kernel/plan.ts";
import { benchModel } from "./workload.ts";

/** No waits: only the simulator's own work is left. */
export const instant: LatencyProfile = { firstTokenMsP50: 1e-6, firstTokenSigma: 0, tokensPerSecond: 1e12, source: "none: a benchmark" };

/** A config file for `simulators/main.ts`, with its wire tap beside it. Removed when disposed. */
export function simulatorConfig(latency: LatencyProfile): { readonly path: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), "blastlab-bench-"));
  const path = join(folder, "config.json");
  const deployment = { name: "primary", provider: "openai", dialect: "openai", model: benchModel, latency };
  const config = { run: "bench", seed: 1, deployment, otherModel: "other", markKey: "bench", incidents: [], tap: join(folder, "wire.ndjson") };
  writeFileSync(path, JSON.stringify(config));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Begins the run, so that every attempt is written to the tap, as in a live run. */
export async function beginRun(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/control/begin`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ epochMs: Date.now() - 1000 }) });
  if (!response.ok) throw new Error(`The simulator did not begin: ${response.status}`);
}

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { PushGate } from "../evals/gate-schema.ts";
import { evalConfig, evalHeaders } from "./core/eval-planes.ts";
import { joined, type Evaluation } from "./core/evaluation.ts";
import { startDataPlane } from "./loader.ts";

const gateMain = fileURLToPath(new URL("../evals/main.ts", import.meta.url));
const keyName = "BLASTLAB_EVAL_KEY";

/** A gate that takes longer is down. */
const gateMsMax = 900_000;

export interface EvalOptions {
  readonly gates: readonly PushGate[];
  /** Sections of the data plane's own file. */
  readonly plane: object;
  readonly signal: AbortSignal;
  /** Keeps the records of the gate. */
  readonly keep: (records: readonly object[]) => void;
}

type Config = Readonly<Record<string, unknown>>;

/**
 * Compares a candidate with the active configuration on every corpus: each is run by a data plane that serves nobody
 * else, so that users' traffic is left alone. Rejects where a data plane or the gate's process does not run.
 */
export async function runEvalGates(active: Config, candidate: Config, { gates, plane, signal, keep }: EvalOptions): Promise<Evaluation> {
  const key = `vk-evals-${randomBytes(16).toString("hex")}`;
  await using current = await startDataPlane(evalConfig(active, { plane, key }), signal);
  await using next = await startDataPlane(evalConfig(candidate, { plane, key }), signal);
  const records: (Evaluation & object)[] = [];
  for (const { body, ...comparison } of gates) {
    const asked = ({ url }: { readonly url: string }) => ({ url: `${url}/v1/chat/completions`, key: `env:${keyName}`, headers: evalHeaders, body });
    records.push(await runGate({ ...comparison, current: asked(current), candidate: asked(next) }, key, signal));
  }
  keep(records);
  return joined(records);
}

async function runGate(gate: object, key: string, signal: AbortSignal): Promise<Evaluation & object> {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-eval-gate-"));
  try {
    const file = path.join(folder, "gate.json");
    writeFileSync(file, JSON.stringify(gate), { mode: 0o600 });
    const child = spawn(process.execPath, [gateMain, "--config", file], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, [keyName]: key }, signal, killSignal: "SIGKILL", timeout: gateMsMax });
    const closed = new Promise<void>((resolve, reject) => child.once("error", reject).once("close", () => resolve()));
    const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    if (printed === "") throw new Error(`the eval gate gave no result: ${errors.trim().split("\n")[0] ?? ""}`);
    return JSON.parse(printed) as Evaluation & object;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

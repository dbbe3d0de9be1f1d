import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../../lab/child-environment.ts";

/** What judging any directory may take. */
export const limits = { cpuMs: 10_000, memoryKiB: 500 * 1_024 } as const;

export interface Cost {
  /** No verdict on the system was given. */
  readonly isFound: boolean;
  /** Of the process, so that a busy machine does not count. */
  readonly cpuMs: number;
  readonly peakKiB: number;
  readonly reason: string;
}

const entry = fileURLToPath(new URL("judge-child.ts", import.meta.url));
const hangMs = 90_000;

/**
 * Judges a directory in a process of its own: what the lab computes again, and the observer. Rejects with its stderr
 * when it fails or hangs.
 */
export async function costOfJudging(directory: string): Promise<Cost> {
  const child = spawn(process.execPath, [entry, directory], { stdio: ["ignore", "pipe", "pipe"], env: childEnvironment() });
  const killer = setTimeout(() => child.kill("SIGKILL"), hangMs);
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(killer);
  if (code !== 0) throw new Error(code === null ? `it was killed after ${hangMs} ms` : errors);
  return JSON.parse(output) as Cost;
}

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LabError } from "../../kernel/errors.ts";
import { childEnvironment } from "../child-environment.ts";
import { recompute, type RecomputeOptions } from "../plan/recompute.ts";

export const observerMain = fileURLToPath(new URL("../../observer/main.ts", import.meta.url));
const judgeTimeoutMs = 300_000;

/**
 * The observer's arguments for a verdict on a run directory: with what the lab computes again from the run's inputs.
 */
function verdictArguments(directory: string, options: RecomputeOptions = {}): readonly string[] {
  return [observerMain, "--until-stdin-closes", "--verdict", directory, "--recomputed", JSON.stringify(recompute(directory, options))];
}

/** Has the observer write `verdict.json`; resolves to its exit code. Rejects with the observer's own error. */
export function judgeDirectory(directory: string, options: RecomputeOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, verdictArguments(directory, options), { timeout: judgeTimeoutMs, env: childEnvironment() }, (error, stdout, stderr) => {
      if (stdout.includes('"verdict"')) resolve(typeof error?.code === "number" ? error.code : 0);
      else reject(observerError(error, stderr));
    });
  });
}

function reasonOf(error: Error | null, stderr: string): string {
  if (stderr.includes("heap out of memory")) return "it ran out of memory, as the records of this run are too many for this machine";
  const { killed = false } = (error ?? {}) as { readonly killed?: boolean };
  return killed ? `it took longer than ${judgeTimeoutMs / 1_000} s` : (error?.message ?? "it wrote none");
}

export function observerError(error: Error | null, stderr: string): LabError {
  const lineOf = (word: string) => new RegExp(`^${word}: (.*)$`, "m").exec(stderr)?.[1];
  const refused = (error as { code?: unknown } | null)?.code === 4;
  return new LabError({
    exit: refused ? "refused" : "failed",
    code: refused ? "run_unreadable" : "verdict_failed",
    message: lineOf("error") ?? `The observer gave no verdict: ${reasonOf(error, stderr)}`,
    hint: lineOf("hint") ?? "Look whether the run directory is whole",
    cause: error,
  });
}

import { execFile } from "node:child_process";
import { childEnvironment } from "../child-environment.ts";
import { recompute, type RecomputeOptions } from "../plan/recompute.ts";
import { observerError, observerMain } from "./judge-directory.ts";

/** A report of two hours has some two million characters. */
const textBytesMax = 256 << 20;
const showTimeoutMs = 300_000;

/** The report of a run, judged again; nothing is written. Rejects with the observer's own error. */
export function showRun(directory: string, as: "html" | "markdown" | "svg", options: RecomputeOptions): Promise<string> {
  return observerText(["--show", directory, "--as", as, "--recomputed", JSON.stringify(recompute(directory, options))]);
}

/** The page of two runs. Rejects with the observer's own error. */
export function showDiff(a: string, b: string, options: RecomputeOptions): Promise<string> {
  const recomputed = (directory: string) => JSON.stringify(recompute(directory, options));
  return observerText(["--show", a, "--recomputed", recomputed(a), "--against", b, "--recomputed-against", recomputed(b)]);
}

function observerText(args: readonly string[]): Promise<string> {
  const command = [observerMain, "--until-stdin-closes", ...args];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, command, { timeout: showTimeoutMs, maxBuffer: textBytesMax, env: childEnvironment() }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(observerError(error, stderr));
    });
  });
}

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "../../../kernel/errors.ts";
import type { Plan } from "../../../kernel/plan.ts";
import type { Verdict } from "../../../kernel/verdict.ts";
import { paintFor } from "../../board/paint.ts";
import { summaryText } from "../../board/summary.ts";
import { writeJson, type Io } from "../io.ts";

const observerMain = fileURLToPath(new URL("../../../observer/main.ts", import.meta.url));
const judgeTimeoutMs = 300_000;

/** `blastlab verdict`: the observer judges a run directory again. Resolves to the verdict's exit code. */
export async function verdictCommand(directory: string, { json = false }: { readonly json?: boolean }, io: Io): Promise<number> {
  const planFile = path.join(directory, "plan.json");
  if (!existsSync(planFile)) {
    throw new LabError({
      exit: "refused",
      code: "run_unreadable",
      message: `"${directory}" is not a run directory: it holds no plan.json`,
      hint: "Give a directory under runs/, as `blastlab run` names it at its end",
    });
  }
  const exitCode = await judge(directory);
  const verdict = JSON.parse(readFileSync(path.join(directory, "verdict.json"), "utf8")) as Verdict;
  if (json) writeJson(io, { exitCode, directory, verdict });
  else {
    const { title } = JSON.parse(readFileSync(planFile, "utf8")) as Plan;
    io.stdout.write(summaryText({ verdict, title, directory, replay: null }, paintFor(io.stdout)));
  }
  return exitCode;
}

/** Has the observer write `verdict.json`; resolves to its exit code. Rejects with the observer's own error. */
function judge(directory: string): Promise<number> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [observerMain, "--verdict", directory], { timeout: judgeTimeoutMs }, (error, stdout, stderr) => {
      if (stdout.includes('"verdict"')) resolve(typeof error?.code === "number" ? error.code : 0);
      else reject(observerError(error, stderr));
    });
  });
}

function observerError(error: Error | null, stderr: string): LabError {
  const lineOf = (word: string) => new RegExp(`^${word}: (.*)$`, "m").exec(stderr)?.[1];
  const refused = (error as { code?: unknown } | null)?.code === 4;
  return new LabError({
    exit: refused ? "refused" : "failed",
    code: refused ? "run_unreadable" : "verdict_failed",
    message: lineOf("error") ?? `The observer gave no verdict: ${error?.message}`,
    hint: lineOf("hint") ?? "Look whether the run directory is whole",
    cause: error,
  });
}

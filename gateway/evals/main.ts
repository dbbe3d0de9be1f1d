/**
 * The eval gate: `main.ts --config FILE`. Compares two versions of a prompt, a model or a deployment on one corpus and
 * prints the record as JSON. Progress goes to stderr.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { liveClock } from "../../kernel/clock-live.ts";
import { exitCodes, LabError } from "../../kernel/errors.ts";
import { seededRng } from "../../kernel/rng.ts";
import { configFileOf, programArguments } from "../http/child-process.ts";
import { liveSecrets } from "../http/secrets.ts";
import { askJudge, askVersion } from "./core/ask.ts";
import { needsJudge, type Json } from "./core/corpus.ts";
import { runGate, type GateResult } from "./core/run-gate.ts";
import { readCorpus } from "./corpus-file.ts";
import { readGateFile } from "./gate-file.ts";
import { recordOf, type GateRecord } from "./gate-record.ts";
import { schemaChecker } from "./schema-check.ts";
import { httpPorts } from "./version-client.ts";

const usage = `Usage: node gateway/evals/main.ts --config FILE

Compares two versions on one corpus, paired, and prints the record as JSON. Only the decision "pass" lets a candidate through.

  --config FILE  JSON or YAML: corpus, current, candidate, judge, settings (docs/eval-gate.md)
  --help         display help

Exit codes: 0 pass   1 fail   2 undecided or unknown   4 refused before anything was asked
`;

const exitOf: Record<GateResult["decision"], number> = { pass: exitCodes.held, fail: exitCodes.deviated, undecided: exitCodes.unknown, unknown: exitCodes.unknown };

/** Reads, asks, decides. Throws `LabError` where a file is refused. */
async function gate(file: string): Promise<GateRecord> {
  const gateFile = readGateFile(file);
  const { current, candidate, judge, timeoutMs, settings, seed } = gateFile;
  const corpus = readCorpus(gateFile.corpus);
  if (needsJudge(corpus) && judge === null) {
    const hint = "name what answers them: judge";
    throw new LabError({ exit: "refused", code: "judge_missing", message: `Cannot run the gate: ${gateFile.corpus} has llm-rubric assertions, and ${file} names no judge`, hint });
  }
  const options = { secrets: liveSecrets(process.env, liveClock()), timeoutMs, sleep };
  const sides = { current, candidate };
  let asked = 0;
  const result = await runGate(corpus, settings, {
    ask: async (side, { vars }) => {
      const answer = await askVersion(sides[side].body as Json, vars, httpPorts(sides[side], options));
      reportProgress(++asked, corpus.cases.length);
      return answer;
    },
    judge: async (question, answer, rubric) => (judge === null ? null : askJudge(judge.body as Json, [question, answer, rubric], httpPorts(judge, options))),
    schemaProblem: schemaChecker(),
    rng: seededRng(seed, "eval-gate"),
  });
  return recordOf(result, gateFile, corpus, Date.now());
}

const progressEvery = 20;

function reportProgress(asked: number, cases: number): void {
  if (asked % progressEvery === 0) process.stderr.write(`eval gate: ${asked} answers, ${2 * cases} are asked at least\n`);
}

async function main(): Promise<void> {
  try {
    const given = programArguments({ hasCheck: false });
    if (given.help) return void process.stdout.write(usage);
    const record = await gate(configFileOf(given, "run the gate"));
    process.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
    process.exitCode = exitOf[record.decision];
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    process.stderr.write(`error: ${error.message}\nhint: ${error.hint}\n`);
    process.exitCode = error.exitCode;
  }
}

if (import.meta.main) await main();

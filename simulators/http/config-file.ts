import { readFileSync } from "node:fs";
import { z } from "zod";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { phaseProblems } from "../core/fate.ts";
import type { ProviderConfig } from "./provider.ts";

const ms = z.number();
const share = z.number().min(0).max(1);

const phase = z.object({
  index: z.int().nonnegative(),
  fromMs: ms,
  toMs: ms,
  errorRate: share,
  statusMix: z.record(z.string(), z.number().nonnegative()),
  latencyFactor: z.number().positive(),
  addedLatencyMs: z.number().nonnegative(),
  streamTruncationRate: share,
  wrongOutputRate: share,
  wrongOutputKind: z.enum(["garbled", "other_model"]),
});

const latency = z.object({
  firstTokenMsP50: z.number().positive(),
  firstTokenSigma: z.number().nonnegative(),
  tokensPerSecond: z.number().positive(),
  source: z.string(),
});

const schema = z.object({
  run: z.string(),
  seed: z.number(),
  deployment: z.object({ name: z.string().min(1), provider: z.string(), dialect: z.enum(["openai", "anthropic"]), model: z.string().min(1), latency }),
  otherModel: z.string(),
  markKey: z.string(),
  incidents: z.array(z.object({ incident: z.string(), deployments: z.array(z.string()), phases: z.array(phase) })),
  listen: z.object({ host: z.string().default("127.0.0.1"), port: z.int().min(0).max(65_535).default(0) }).prefault({}),
  tap: z.string().min(1),
});

/** Reads and checks a simulator's config file; throws `LabError` `config_invalid` that names each fault. */
export function readProviderConfig(path: string): ProviderConfig {
  const parsed = schema.safeParse(readJson(path));
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error));
  const problems = parsed.data.incidents.flatMap(({ incident, phases }) =>
    phases.flatMap((one) => phaseProblems(one).map((problem) => `${incident}, phase ${one.index}: ${problem}`)),
  );
  if (problems.length > 0) throw invalid(path, problems.join("; "));
  return parsed.data;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw invalid(path, messageOf(error));
  }
}

function invalid(path: string, message: string): LabError {
  return new LabError({
    exit: "failed",
    code: "config_invalid",
    message: `Cannot use config "${path}": ${message}`,
    hint: "docs/ARCHITECTURE.md says what a simulator's config file holds.",
  });
}

import { z } from "zod";
import type { Dialect } from "../../kernel/chat.ts";
import { effectKinds, type PlannedEffect } from "../../kernel/effects.ts";
import { endpoints } from "../../kernel/endpoints.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { RequestSelector } from "../../kernel/plan.ts";
import { effectProblems } from "../core/effects.ts";
import { phaseProblems } from "../core/fate.ts";
import { configBytesMax, readJson } from "../files.ts";
import { providerDialects } from "../dialects/dialects.ts";
import { physicsFields } from "./capacity-schema.ts";
import type { ProviderConfig } from "./provider.ts";

const ms = z.number();
const share = z.number().min(0).max(1);

const names = z.array(z.string().min(1)).min(1);

const select = z.strictObject({
  models: names.optional(),
  endpoints: z.array(z.enum(endpoints)).min(1).optional(),
  regions: names.optional(),
  keys: names.optional(),
  tiers: names.optional(),
  stream: z.boolean().optional(),
  newConnectionsOnly: z.boolean().optional(),
  clientShare: share.optional(),
}) satisfies z.ZodType<RequestSelector>;

const effect = z.strictObject({
  kind: z.enum(effectKinds),
  share: share.exactOptional(),
  status: z.int().min(400).max(599).exactOptional(),
  times: z.int().min(1).exactOptional(),
  bytesPerSecond: z.number().positive().exactOptional(),
}) satisfies z.ZodType<PlannedEffect>;

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
  select: select.optional(),
  effects: z.array(effect).optional(),
});

const latency = z.object({
  firstTokenMsP50: z.number().positive(),
  firstTokenSigma: z.number().nonnegative(),
  tokensPerSecond: z.number().positive(),
  source: z.string(),
});

const recordedError = z.object({ status: z.int().min(400).max(599), contentType: z.string(), retryAfterS: z.int().nonnegative().nullable(), body: z.string(), count: z.int().positive() });

const schema = z.object({
  run: z.string(),
  seed: z.number(),
  deployment: z.object({ name: z.string().min(1), provider: z.string(), dialect: z.enum(Object.keys(providerDialects) as [Dialect, ...Dialect[]]), model: z.string().min(1), latency, region: z.string().optional(), errors: z.array(recordedError).optional(), ...physicsFields }),
  otherModel: z.string(),
  markKey: z.string(),
  incidents: z.array(z.object({ incident: z.string(), deployments: z.array(z.string()), phases: z.array(phase) })),
  listen: z.object({ host: z.string().default("127.0.0.1"), port: z.int().min(0).max(65_535).default(0) }).prefault({}),
  tap: z.string().min(1),
});

/** Reads and checks a simulator's config file; throws `LabError` `config_invalid` that names each fault. */
export function readProviderConfig(path: string): ProviderConfig {
  const parsed = schema.safeParse(contentOf(path));
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error));
  const problems = parsed.data.incidents.flatMap(({ incident, phases }) =>
    phases.flatMap((one) => [...phaseProblems(one), ...effectProblems(one.effects ?? [])].map((problem) => `${incident}, phase ${one.index}: ${problem}`)),
  );
  if (problems.length > 0) throw invalid(path, problems.join("; "));
  return parsed.data;
}

function contentOf(path: string): unknown {
  try {
    return readJson(path, configBytesMax);
  } catch (error) {
    throw invalid(path, messageOf(error));
  }
}

function invalid(path: string, message: string): LabError {
  return new LabError({
    exit: "failed",
    code: "config_invalid",
    message: `Cannot use config "${path}": ${message}`,
    hint: "See docs/ARCHITECTURE.md for the fields of a simulator's config file.",
  });
}

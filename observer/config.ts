import { z } from "zod";
import { LabError, messageOf } from "../kernel/errors.ts";
import { fileLimits, readJson } from "./files.ts";

/** The keys are in the environment: a config file stays in the run directory. */
const keysReference = "env:BLASTLAB_CLIENT_KEYS";

function keysOfEnvironment(): Record<string, string> {
  return z.record(z.string(), z.string()).parse(JSON.parse(process.env[keysReference.slice("env:".length)] ?? "null"));
}

/** The observer's configuration file (docs/ARCHITECTURE.md). */
const configSchema = z.strictObject({
  run: z.string().optional(),
  /** The run directory; holds plan.json, and taps/ to write to and to follow. */
  directory: z.string().min(1),
  /** Base URLs of the system under test by region, one an entry. */
  targets: z.record(z.string(), z.array(z.url()).min(1)),
  /** Addresses of the names among the URLs. */
  pins: z.record(z.string(), z.array(z.string()).min(1)).default({}),
  /** Bearer token by `team/feature`; `observer/canary`, where it exists, is the probes' own. */
  keys: z.union([z.record(z.string(), z.string()), z.literal(keysReference).transform(keysOfEnvironment)]),
  /** Sent with every probe; they replace its own. */
  headers: z.record(z.string(), z.string()).default({}),
  /** Prometheus text of each gateway of the system under test; none where it shows none. */
  metricsUrls: z.array(z.url()),
  /** Where it serves its own metrics; port 0: any that is free. */
  listen: z.strictObject({ host: z.string().min(1).default("127.0.0.1"), port: z.int().min(0).max(65_535).default(0) }).prefault({}),
  /**
   * Where it sends its own metrics besides, as OTLP over HTTP, JSON; null: nowhere. It is no collector of the system
   * under test.
   */
  otlp: z.strictObject({ url: z.url(), everyMs: z.int().min(100).default(1_000) }).nullable().default(null),
  /**
   * Unix ms of the timeline's zero; null: it comes on stdin, as `{"epochMs": N}`, once everything is up; `start`: when
   * the process starts, and duty ends with the timeline.
   */
  epochMs: z.number().or(z.literal("start")).nullable(),
});

export type ObserverConfig = z.infer<typeof configSchema>;

/** Throws LabError `refused` `config_invalid` with what is wrong, each problem with its path. */
export function readConfig(file: string): ObserverConfig {
  try {
    return configSchema.parse(readJson(file, fileLimits.configBytesMax));
  } catch (error) {
    const detail = error instanceof z.ZodError ? error.issues.map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`).join("; ") : messageOf(error);
    throw new LabError({
      exit: "refused",
      code: "config_invalid",
      message: `Cannot read the observer's configuration "${file}": ${detail}`,
      hint: "docs/ARCHITECTURE.md lists what it holds",
      cause: error,
    });
  }
}

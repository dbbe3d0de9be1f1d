/** The embedded load generator as a process of its own: see "Processes of a live run" in docs/ARCHITECTURE.md. */
import { z } from "zod";
import { liveClock } from "../../kernel/clock-live.ts";
import { LabError } from "../../kernel/errors.ts";
import { formatLoadSource } from "../../kernel/load-source.ts";
import type { Arrival } from "../../kernel/plan.ts";
import type { ClientRecord } from "../../kernel/records.ts";
import { readArrivals } from "./arrivals-file.ts";
import { missingFrom } from "./core/request.ts";
import { replay } from "./core/replay.ts";
import { keysSchema } from "../client-keys.ts";
import { readLoadConfig, runLoadProcess } from "./process.ts";
import { TapWriter } from "./tap.ts";
import { followTargetFile } from "./target-file.ts";
import { UndiciTransport } from "./undici-transport.ts";

const configSchema = z.object({
  run: z.string(),
  seed: z.number(),
  /** Path of `arrivals.ndjson`. */
  arrivals: z.string(),
  targets: z.record(z.string(), z.array(z.url({ protocol: /^http$/ })).min(1)),
  /** A client whose target does not answer tries the others. */
  tryOthers: z.boolean().default(false),
  /** Addresses of the names among the targets. */
  pins: z.record(z.string(), z.array(z.string()).min(1)).default({}),
  keys: keysSchema,
  /** Sent with every request. */
  headers: z.record(z.string(), z.string()).default({}),
  /** File with the base URLs of teams that go round the gateway now: docs/break-glass.md. */
  targetFile: z.string().optional(),
  /** Null: it comes on stdin; `start`: when the process starts. */
  epochMs: z.number().or(z.literal("start")).nullable(),
  timeoutMs: z.number().positive(),
  /** Path of `client.ndjson`. */
  tap: z.string(),
});

interface Prepared {
  readonly config: z.infer<typeof configSchema>;
  readonly arrivals: readonly Arrival[];
}

function prepare(configFile: string): Prepared {
  const config = readLoadConfig(configFile, configSchema);
  const arrivals = readArrivals(config.arrivals);
  const missing = missingFrom(config, arrivals);
  if (missing.length === 0) return { config, arrivals };
  throw new LabError({ exit: "failed", code: "config_invalid", message: `The config has no ${missing.join(", no ")}`, hint: "Name one for each cell" });
}

const source = formatLoadSource({ generator: "embedded", instrument: "embedded" });

process.exit(
  await runLoadProcess<Prepared>({
    source: "lab/load/main.ts",
    prepare,
    async run({ config, arrivals }, { stop, ready, begun }) {
      const { run, seed, targets, tryOthers, keys, headers, timeoutMs } = config;
      await using transport = new UndiciTransport(config.pins);
      if (config.epochMs === null) ready("");
      const epochMs = config.epochMs === "start" ? Date.now() : (config.epochMs ?? (await begun()));
      using teams = config.targetFile === undefined ? null : followTargetFile(config.targetFile);
      await using tap = new TapWriter<ClientRecord>(config.tap, { tap: "client", source, run, seed, epochMs });
      if (config.epochMs !== null) ready("");
      const summary = await replay({ clock: liveClock(epochMs), transport, arrivals, targets, tryOthers, keys, headers, ...(teams !== null && { teamTarget: teams.of }), timeoutMs, emit: (record) => tap.write(record), signal: stop });
      process.stderr.write(`${JSON.stringify(summary)}\n`);
    },
  }),
);

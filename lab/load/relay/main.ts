/** The measuring relay as a process of its own: see "Processes of a live run" in docs/ARCHITECTURE.md. */
import { z } from "zod";
import { liveClock } from "../../../kernel/clock-live.ts";
import { formatLoadSource } from "../../../kernel/load-source.ts";
import type { Arrival } from "../../../kernel/plan.ts";
import type { ClientRecord } from "../../../kernel/records.ts";
import { readArrivals } from "../arrivals-file.ts";
import { readLoadConfig, runLoadProcess } from "../process.ts";
import { TapWriter } from "../tap.ts";
import { followTargetFile } from "../target-file.ts";
import { UndiciTransport } from "../undici-transport.ts";
import { createRelay } from "./core/relay.ts";
import { serveRelay } from "./server.ts";

const configSchema = z.object({
  run: z.string(),
  seed: z.number(),
  /** Path of `arrivals.ndjson`; left out for a load tool that replays none. */
  arrivals: z.string().optional(),
  /** Base URLs of the system by region: a client keeps to one of them. */
  targets: z.record(z.string(), z.array(z.url({ protocol: /^http$/ })).min(1)),
  /** A client whose target does not answer tries the others. */
  tryOthers: z.boolean().default(false),
  /** Addresses of the names among the targets. */
  pins: z.record(z.string(), z.array(z.string()).min(1)).default({}),
  /** Sent with every request. */
  headers: z.record(z.string(), z.string()).default({}),
  /** File with the base URLs of teams that go round the gateway now: docs/break-glass.md. */
  targetFile: z.string().optional(),
  epochMs: z.number(),
  /** How long the load tool's clients wait. */
  timeoutMs: z.number().positive(),
  listen: z.object({ host: z.literal("127.0.0.1"), port: z.int().min(0) }),
  /** Name of the load tool, for the tap's header: `k6`. */
  generator: z.string().regex(/^[\w.-]+$/),
  /** Path of `client.ndjson`. */
  tap: z.string(),
});

interface Prepared {
  readonly config: z.infer<typeof configSchema>;
  readonly arrivals: readonly Arrival[];
}

process.exit(
  await runLoadProcess<Prepared>({
    source: "lab/load/relay/main.ts",
    prepare(configFile) {
      const config = readLoadConfig(configFile, configSchema);
      return { config, arrivals: config.arrivals === undefined ? [] : readArrivals(config.arrivals) };
    },
    async run({ config, arrivals }, { stop, ready }) {
      const { run, seed, epochMs, targets, tryOthers, headers, timeoutMs, generator } = config;
      const over = Promise.withResolvers<void>();
      await using transport = new UndiciTransport(config.pins);
      using teams = config.targetFile === undefined ? null : followTargetFile(config.targetFile);
      await using tap = new TapWriter<ClientRecord>(config.tap, { tap: "client", source: formatLoadSource({ generator, instrument: "relay" }), run, seed, epochMs });
      const relay = createRelay({ clock: liveClock(epochMs), transport, targets, tryOthers, arrivals, epochMs, timeoutMs, headers, ...(teams !== null && { teamTarget: teams.of }), emit: (record) => tap.write(record) });
      await using server = await serveRelay(relay.handle, { ...config.listen, onBug: over.reject });
      ready(server.url);
      stop.onAbort(() => over.resolve());
      await over.promise;
      relay.stop();
    },
  }),
);

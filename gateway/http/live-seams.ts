import { randomUUID } from "node:crypto";
import { liveClock } from "../../kernel/clock-live.ts";
import { seededRng } from "../../kernel/rng.ts";
import type { ConfigSource, EventSink } from "../../kernel/seams.ts";
import { type SkewedClock, skewedClock } from "../../kernel/skewed-clock.ts";
import type { GatewayConfig } from "../core/config.ts";
import type { GatewaySeams } from "../core/contracts.ts";
import { withEgress } from "../core/egress.ts";
import type { GatewayEvent } from "../core/events.ts";
import type { LoadedPackage } from "../core/packages/running.ts";
import { clientDialects } from "../dialects/clients.ts";
import { openaiClient } from "../dialects/openai-client.ts";
import { upstreamDialects } from "../dialects/upstreams.ts";
import type { FileConfigSource } from "./config-source.ts";
import { type Credentials, openCredentials } from "./credentials.ts";
import { type DataPlane, openDataPlane } from "./data-plane.ts";
import { forwardProxies } from "./forward-proxy.ts";
import { LookUps } from "./look-ups.ts";
import { originsOf } from "./origins.ts";
import { popularityFolder } from "./popularity-folder.ts";
import { sha256 } from "./sha256.ts";
import { type OpenStore, openStore } from "./store.ts";
import { isTracingWanted, otlpTracing } from "./telemetry/otlp-tracing.ts";
import type { ChosenIds } from "./telemetry/spans.ts";
import { startTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { UndiciTransport } from "./transport.ts";

const TELEMETRY_MS = 300;

interface LiveSeamsOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly writeLine: (line: string) => void;
  /** Throws what running a package would throw. */
  readonly rehearse: (loaded: LoadedPackage) => void;
}

/** What a gateway's core runs on in a process. */
export interface LiveSeams {
  readonly clock: SkewedClock;
  readonly credentials: Credentials;
  /** Null: the file names no control plane. */
  readonly plane: DataPlane | null;
  readonly config: ConfigSource<GatewayConfig>;
  readonly telemetry: Telemetry;
  readonly store: OpenStore;
  readonly lookUps: LookUps;
  readonly core: GatewaySeams;
  close(): Promise<void>;
}

/** Throws `LabError` for a vault, a store or a package folder that the file names and that cannot be used. */
export async function openLiveSeams(source: FileConfigSource, { environment, writeLine, rehearse }: LiveSeamsOptions): Promise<LiveSeams> {
  const { epochMs, store: storeConfig, vault, egress } = source.process;
  const clock = skewedClock(epochMs === null ? liveClock() : liveClock(epochMs));
  const tracing = isTracingWanted(environment) ? (ids: ChosenIds) => otlpTracing(ids, { environment, writeLine }) : null;
  const credentials = openCredentials(vault, { clock, environment, writeLine });
  const prepare = async (loaded: LoadedPackage) => {
    rehearse(loaded);
    await credentials.warm(loaded.config);
  };
  const plane = await openDataPlane({ source, clock, secrets: credentials.own, writeLine, prepare });
  const config: ConfigSource<GatewayConfig> = plane?.config ?? source;
  const telemetry = await startTelemetry({ clock, config, writeLine, tracing });
  const store = await openStore(storeConfig, { clock, secrets: credentials.all, events: telemetry.events });
  const lookUps = new LookUps();
  const transport = new UndiciTransport(() => config.current().policy.deadlines.connectMs, lookUps, forwardProxies(environment));
  (plane?.packages ?? config).onChange(() => transport.retain(new Set(configsOf(plane, config).flatMap((each) => [...originsOf(each, egress)]))));
  config.onChange((next) => void credentials.logUnreadable(next));
  config.onChange((next) => void credentials.warm(next));
  const core: GatewaySeams = {
    clock,
    rng: seededRng(randomUUID()),
    transport: withEgress(transport, egress),
    store: store.store,
    secrets: credentials.all,
    newDigest: sha256,
    config,
    events: endingWhenExhausted(plane?.events(telemetry.events) ?? telemetry.events),
    ...(telemetry.isSampled !== null && { isSampled: telemetry.isSampled }),
    ...(plane !== null && { packages: plane.packages }),
    ...(vault !== null && { popularity: popularityFolder(vault, { environment, writeLine }) }),
    client: openaiClient,
    clients: clientDialects,
    upstream: upstreamDialects,
  };
  const close = async () => {
    await transport.close();
    await plane?.close();
    store.close();
    await credentials.vault?.close();
    await flush(telemetry);
  };
  return { clock, credentials, plane, config, telemetry, store, lookUps, core, close };
}

/** The configurations that requests run on. */
function configsOf(plane: DataPlane | null, config: ConfigSource<GatewayConfig>): readonly GatewayConfig[] {
  if (plane === null) return [config.current()];
  const { current, candidate } = plane.packages.current();
  return candidate === null ? [current.config] : [current.config, candidate.package.config];
}

/** A planted leak ends the process as an out-of-memory killer does: no request is finished and nothing is written. */
function endingWhenExhausted(events: EventSink<GatewayEvent>): EventSink<GatewayEvent> {
  return {
    emit: (event) => {
      events.emit(event);
      if (event.type === "memory_exhausted") process.kill(process.pid, "SIGKILL");
    },
  };
}

/** A collector that does not answer must not hold the process. */
async function flush(telemetry: Telemetry): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, TELEMETRY_MS);
  await Promise.race([telemetry.shutdown().catch(() => {}), timeout.promise]);
  clearTimeout(timer);
}

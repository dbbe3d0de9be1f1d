import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { liveClock } from "../../kernel/clock-live.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { seededRng } from "../../kernel/rng.ts";
import { skewedClock } from "../../kernel/skewed-clock.ts";
import type { ConfigSource, EventSink, Secrets } from "../../kernel/seams.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { GatewayConfig } from "../core/config.ts";
import type { Gateway } from "../core/contracts.ts";
import type { LoadedPackage } from "../core/packages/running.ts";
import { withEgress } from "../core/egress.ts";
import type { GatewayEvent } from "../core/events.ts";
import { createGateway } from "../core/gateway.ts";
import { clientDialects } from "../dialects/clients.ts";
import { openaiClient } from "../dialects/openai-client.ts";
import { upstreamDialects } from "../dialects/upstreams.ts";
import { adminAccess } from "./admin-access.ts";
import { FileConfigSource } from "./config-source.ts";
import { type DataPlane, openDataPlane } from "./data-plane.ts";
import { closeServer, countOpen, listening } from "./listening.ts";
import { LookUps } from "./look-ups.ts";
import { originsOf } from "./origins.ts";
import { withoutDumps } from "./no-dumps.ts";
import { popularityFolder } from "./popularity-folder.ts";
import { liveSecrets, withVault } from "./secrets.ts";
import { vaultSecrets } from "./secrets-vault.ts";
import { sha256 } from "./sha256.ts";
import { buildServer } from "./server.ts";
import { openStore } from "./store.ts";
import { schemaVersion } from "./telemetry/schema.ts";
import { isTracingWanted, otlpTracing } from "./telemetry/otlp-tracing.ts";
import type { ChosenIds } from "./telemetry/spans.ts";
import { startTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { UndiciTransport } from "./transport.ts";

/** How long the last words to clients may take, after which their connections are closed. */
const LAST_WORDS_MS = 100;
const TELEMETRY_MS = 300;
const FINISH_MS = 100;

/** How often it is looked whether a drain is over. */
const POLL_MS = 20;

export interface GatewayProcess {
  readonly url: string;
  /** Reads the config file again. Returns what is wrong with it, or null. */
  reload(): LabError | null;
  /** Sections that have changed in the file and take effect only after a restart. */
  needsRestart(): readonly string[];
  /**
   * Refuses new requests with 503, lets those in flight finish for up to `drainMs`, then cuts them and tells
   * their clients.
   */
  close(): Promise<void>;
  /** Cuts at once what `close` waits for. */
  endDrain(): void;
}

export interface GatewayProcessOptions {
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gets log lines, each JSON without its line feed. */
  readonly writeLine: (line: string) => void;
}

/** The whole gateway on live seams, listening. Throws `LabError` for a config that cannot be used and a port in use. */
export async function startGateway({ configFile, environment, writeLine }: GatewayProcessOptions): Promise<GatewayProcess> {
  const source = new FileConfigSource(configFile, liveClock());
  const { admin, listen, drainMs, epochMs, store: storeConfig, vault: vaultConfig, egress } = source.process;
  if (vaultConfig !== null) withoutDumps();
  const clock = skewedClock(epochMs === null ? liveClock() : liveClock(epochMs));
  const tracing = isTracingWanted(environment) ? (ids: ChosenIds) => otlpTracing(ids, { environment, writeLine }) : null;
  const own = liveSecrets(environment, clock);
  const vault = vaultConfig === null ? null : vaultSecrets(vaultConfig, { clock, own, environment, writeLine });
  const secrets = withVault(own, vault);
  const warm = (next: GatewayConfig) => vault?.warm(next.deployments.map(({ credential }) => credential)) ?? Promise.resolve();
  const prepare = async (loaded: LoadedPackage) => {
    gateway.rehearse(loaded);
    await warm(loaded.config);
  };
  const plane = await openDataPlane({ source, clock, secrets: own, writeLine, prepare });
  const config: ConfigSource<GatewayConfig> = plane?.config ?? source;
  const telemetry = await startTelemetry({ clock, config, writeLine, tracing });
  const store = await openStore(storeConfig, { clock, secrets, events: telemetry.events });
  const lookUps = new LookUps();
  const transport = new UndiciTransport(() => config.current().policy.deadlines.connectMs, lookUps);
  const logUnreadable = () => void logUnreadableCredentials(config.current(), secrets, writeLine);
  const logUnreadableKey = (error: unknown) => writeLine(JSON.stringify({ event: "credential_unreadable", message: messageOf(error), setting: "admin.key" }));
  const retain = () => transport.retain(new Set(configsOf(plane, config).flatMap((each) => [...originsOf(each, egress)])));
  (plane?.packages ?? config).onChange(retain);
  config.onChange(logUnreadable);
  const gateway = createGateway({
    clock,
    rng: seededRng(randomUUID()),
    transport: withEgress(transport, egress),
    store: store.store,
    secrets,
    newDigest: sha256,
    config,
    events: endingWhenExhausted(plane?.events(telemetry.events) ?? telemetry.events),
    ...(plane !== null && { packages: plane.packages }),
    ...(vaultConfig !== null && { popularity: popularityFolder(vaultConfig, { environment, writeLine }) }),
    client: openaiClient,
    clients: clientDialects,
    upstream: upstreamDialects,
  });
  telemetry.watch(() => gateway.state(), store.isLocal, plane && (() => plane.view()));
  let draining = false;
  const onBug = (error: unknown) => writeLine(JSON.stringify({ event: "bug", message: messageOf(error), stack: error instanceof Error ? error.stack : null }));
  const adminState = () => ({ ...gateway.state(), store: store.state(), config: source.state(), ...(plane !== null && { packages: plane.state() }), ...(vault !== null && { vault: vault.state() }), clock: { offsetMs: clock.offsetMs }, schemaVersion });
  const faultInjection = admin.faultInjection ? { gateway, clock, lookUps } : undefined;
  const app = buildServer({
    gateway,
    adminState,
    configState: () => source.state(),
    client: openaiClient,
    clients: clientDialects,
    isolation: gateway,
    faultInjection,
    mayAdminister: adminAccess(admin, secrets),
    metricsHandler: telemetry.metricsHandler,
    ready: () => !draining && gateway.isReady(),
    onBug,
  });
  const open = countOpen(app, () => draining);
  let drainUntilMs = 0;
  const end = async () => {
    await until(() => open.responses === 0 || performance.now() >= drainUntilMs);
    gateway.cutOpenAnswers();
    await until(() => open.responses === 0, LAST_WORDS_MS);
    await closeServer(app);
    await untilRequestsFinished(gateway);
    await transport.close();
    await plane?.close();
    store.close();
    await vault?.close();
    await flush(telemetry);
  };
  let ended: Promise<void> | null = null;
  const close = () => {
    if (ended !== null) return ended;
    drainUntilMs = performance.now() + drainMs;
    draining = true;
    gateway.drain();
    return (ended = end());
  };
  const endDrain = () => void (drainUntilMs = 0);
  config.onChange((next) => void warm(next));
  try {
    await warm(config.current());
    const url = await listening(app, listen, { part: "the gateway", setting: "listen" });
    plane?.follow();
    logUnreadable();
    if (admin.key !== undefined) secrets.read(admin.key, neverSignal).catch(logUnreadableKey);
    return { url, reload: () => source.reload(), needsRestart: () => source.state().needsRestart, close, endDrain };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The configurations that requests run on. */
function configsOf(plane: DataPlane | null, config: ConfigSource<GatewayConfig>): readonly GatewayConfig[] {
  if (plane === null) return [config.current()];
  const { current, candidate } = plane.packages.current();
  return candidate === null ? [current.config] : [current.config, candidate.package.config];
}

/** Requests to a deployment without a readable key fail over silently, so it is logged before the first request. */
async function logUnreadableCredentials({ deployments }: GatewayConfig, secrets: Secrets, writeLine: (line: string) => void): Promise<void> {
  for (const [credential, users] of Map.groupBy(deployments, (deployment) => deployment.credential)) {
    const logUnreadable = (error: unknown) => writeLine(JSON.stringify({ event: "credential_unreadable", message: messageOf(error), deployments: users.map(({ name }) => name) }));
    await secrets.read(credential, neverSignal).catch(logUnreadable);
  }
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

/** Polls, so that nothing has to be told of each response. */
async function until(isReached: () => boolean, msMax = Infinity): Promise<void> {
  const lastMs = performance.now() + msMax;
  while (!isReached() && performance.now() < lastMs) await sleep(POLL_MS);
}

/**
 * The server counts a connection as closed before its request is cancelled: wait until cut requests have emitted
 * `finished`.
 */
async function untilRequestsFinished(gateway: Gateway): Promise<void> {
  const untilMs = performance.now() + FINISH_MS;
  while (gateway.state().inFlight > 0 && performance.now() < untilMs) await nextTurn();
}

/** A collector that does not answer must not hold the process. */
async function flush(telemetry: Telemetry): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, TELEMETRY_MS);
  await Promise.race([telemetry.shutdown().catch(() => {}), timeout.promise]);
  clearTimeout(timer);
}

import type { FastifyInstance } from "fastify";
import { liveClock } from "../../kernel/clock-live.ts";
import { LabError, messageOf } from "../../kernel/errors.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { Gateway } from "../core/contracts.ts";
import { createGateway } from "../core/gateway.ts";
import { adminAccess } from "./admin-access.ts";
import { FileConfigSource } from "./config-source.ts";
import { listening } from "./listening.ts";
import { type LiveSeams, openLiveSeams } from "./live-seams.ts";
import { withoutDumps } from "./no-dumps.ts";
import { buildServer } from "./server.ts";
import { Shutdown } from "./shutdown.ts";
import { schemaVersion } from "./telemetry/schema.ts";

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
  const { admin, listen, drainMs, vault } = source.process;
  if (vault !== null) withoutDumps();
  const seams = await openLiveSeams(source, { environment, writeLine, rehearse: (loaded) => gateway.rehearse(loaded) });
  const { credentials, config, plane, store, telemetry } = seams;
  const gateway = createGateway(seams.core);
  telemetry.watch(() => gateway.state(), store.isLocal, plane && (() => plane.view()));
  const shutdown = new Shutdown({ gateway, drainMs, release: () => seams.close() });
  const app = serverOf({ source, seams, gateway, shutdown, writeLine });
  const close = shutdown.of(app);
  try {
    await credentials.warm(config.current());
    const url = await listening(app, listen, { part: "the gateway", setting: "listen" });
    plane?.follow();
    void credentials.logUnreadable(config.current());
    if (admin.key !== undefined) credentials.all.read(admin.key, neverSignal).catch((error: unknown) => writeLine(JSON.stringify({ event: "credential_unreadable", message: messageOf(error), setting: "admin.key" })));
    return { url, reload: () => source.reload(), needsRestart: () => source.state().needsRestart, close, endDrain: () => shutdown.endDrain() };
  } catch (error) {
    await close();
    throw error;
  }
}

interface ServerParts {
  readonly source: FileConfigSource;
  readonly seams: LiveSeams;
  readonly gateway: Gateway;
  readonly shutdown: Shutdown;
  readonly writeLine: (line: string) => void;
}

/** The server of clients and operators, not yet listening. */
function serverOf({ source, seams, gateway, shutdown, writeLine }: ServerParts): FastifyInstance {
  const { clock, credentials, lookUps, plane, store, telemetry, core } = seams;
  const { admin, listen } = source.process;
  const { vault } = credentials;
  return buildServer({
    gateway,
    bodyBytesMax: listen.bodyBytesMax,
    adminState: () => ({ ...gateway.state(), store: store.state(), config: source.state(), ...(plane !== null && { packages: plane.state() }), ...(vault !== null && { vault: vault.state() }), clock: { offsetMs: clock.offsetMs }, schemaVersion }),
    configState: () => source.state(),
    client: core.client,
    ...(core.clients !== undefined && { clients: core.clients }),
    isolation: gateway,
    faultInjection: admin.faultInjection ? { gateway, clock, lookUps } : undefined,
    mayAdminister: adminAccess(admin, credentials.all),
    metricsHandler: telemetry.metricsHandler,
    ready: () => !shutdown.isBegun && gateway.isReady(),
    onBug: (error) => writeLine(JSON.stringify({ event: "bug", message: messageOf(error), stack: error instanceof Error ? error.stack : null })),
  });
}

import type { ResolvedConfig } from "../../gateway/config/resolve.ts";
import { ownName } from "../../gateway/config/package.ts";
import type { GatewayConfig } from "../../gateway/core/config.ts";
import type { Gateway } from "../../gateway/core/contracts.ts";
import { withEgress } from "../../gateway/core/egress.ts";
import type { GatewayEvent } from "../../gateway/core/events.ts";
import { createGateway } from "../../gateway/core/gateway.ts";
import { FallbackStore } from "../../gateway/core/limits/fallback-store.ts";
import { regionShareHeader } from "../../gateway/core/limits/region-share.ts";
import { MemoryStore } from "../../gateway/core/limits/memory-store.ts";
import type { LoadedPackage } from "../../gateway/core/packages/running.ts";
import { clientDialects } from "../../gateway/dialects/clients.ts";
import { openaiClient } from "../../gateway/dialects/openai-client.ts";
import { upstreamDialects } from "../../gateway/dialects/upstreams.ts";
import { seededRng } from "../../kernel/rng.ts";
import type { EventSink, Store, Transport } from "../../kernel/seams.ts";
import { skewedClock, type SkewedClock } from "../../kernel/skewed-clock.ts";
import { bodyOf, type Handler } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import { createHash } from "../plan/packages.ts";
import type { Program } from "./component.ts";
import { openDataPlane } from "./data-plane.ts";
import { popularityDisk, type VirtualDisk } from "./disk.ts";
import { leasedSecrets } from "./leased-secrets.ts";
import type { VirtualNetwork } from "./network.ts";
import type { VirtualProcess } from "./process.ts";
import { StoreClient } from "./store-client.ts";

/** A gateway's process, as the live one puts its core together (gateway/http/process.ts). */
export interface GatewayProgram extends Program {
  readonly gateway: Gateway;
  /** The clock that it alone goes by. */
  readonly clock: SkewedClock;
  /** What its metrics count since it started. */
  readonly counters: Readonly<Counters>;
}

interface Readiness {
  readonly isReady: () => boolean;
  /** What an edge says beside its question. */
  readonly report: (regionShare: number) => void;
}

export interface Counters {
  requests: number;
  failures: number;
  attempts: number;
  /** By team, of what has a price. */
  costUsd: Record<string, number>;
}

export interface GatewayOptions {
  readonly seed: number;
  /** Of the component. */
  readonly id: string;
  /** Which of its processes it is, from 0. */
  readonly life: number;
  readonly config: ResolvedConfig;
  readonly network: VirtualNetwork;
  readonly disk: VirtualDisk;
  readonly emit: (event: GatewayEvent) => void;
  /** Of a data plane: what is popular is kept. A control plane's own data plane has no clients. */
  readonly keepsPopularity?: boolean;
}

/**
 * The program of one gateway process: breakers, cache, limits in memory and requests in flight are its own; packages
 * and leases are on its disk.
 */
export function gatewayProgram(process: VirtualProcess, { emit, ...options }: GatewayOptions): GatewayProgram {
  const counters: Counters = { requests: 0, failures: 0, attempts: 0, costUsd: {} };
  const assembled = assembleGateway(process, {
    ...options,
    keepsPopularity: true,
    emit: (event) => {
      count(counters, event);
      emit(event);
    },
  });
  const { gateway, clock, close } = assembled;
  let isDraining = false;
  const begin = () => {
    isDraining = true;
    gateway.drain();
  };
  const drain = { ms: options.config.drainMs, begin, cut: () => gateway.cutOpenAnswers() };
  const readiness: Readiness = { isReady: () => !isDraining && gateway.isReady(), report: (share) => gateway.reportRegionShare(share) };
  return { handler: withReadiness(closingWhile(() => isDraining, gateway.handle), readiness), gateway, clock, counters, close, drain };
}

/** A gateway's core with its seams, following its control plane where it has one. */
export interface AssembledGateway {
  readonly gateway: Gateway;
  readonly clock: SkewedClock;
  readonly close: () => void;
}

export function assembleGateway(process: VirtualProcess, { seed, id, life, config: read, network, disk, emit, keepsPopularity = false }: GatewayOptions): AssembledGateway {
  const resolved = { ...read, gateway: { ...read.gateway, name: ownName(read.file, createHash) } };
  const { gateway: config, control, vault, egress } = resolved;
  const clock = skewedClock(process.clock);
  const name = life === 0 ? id : `${id}/${life}`;
  const transport = network.transport({ process, connectMs: () => config.policy.deadlines.connectMs });
  const side = (label: string, connectMs: number) => ({ clock, rng: seededRng(seed, `${name}/${label}`), transport: network.transport({ process, connectMs: () => connectMs }), disk });
  const secrets = leasedSecrets(vault, { ...side("leases", vault?.timeoutMs ?? 0), region: config.region });
  const warm = ({ deployments }: GatewayConfig) => secrets.warm(deployments.map(({ credential }) => credential));
  const prepare = async (loaded: LoadedPackage) => {
    gateway.rehearse(loaded);
    await warm(loaded.config);
  };
  const plane = openDataPlane(resolved, { ...side("packages", control?.timeoutMs ?? 0), boot: name, prepare });
  const events: EventSink<GatewayEvent> = {
    emit: (event) => {
      plane?.record(event);
      emit(event);
    },
  };
  const gateway = createGateway({
    clock,
    rng: seededRng(seed, name),
    transport: withEgress(transport, egress),
    store: storeOf(resolved, { clock, transport, events }),
    secrets,
    config: { current: () => config, onChange: () => () => {} },
    events,
    ...(plane !== null && { packages: plane.packages }),
    ...(keepsPopularity && vault !== null && { popularity: popularityDisk(disk) }),
    client: openaiClient,
    clients: clientDialects,
    upstream: upstreamDialects,
  });
  void warm(config);
  plane?.follow();
  const close = () => {
    plane?.close();
    secrets.close();
  };
  return { gateway, clock, close };
}

/** The process answers it outside the core (gateway/http/server.ts). */
const withReadiness =
  (handle: Handler, { isReady, report }: Readiness): Handler =>
  (request, signal) => {
    if (request.path !== "/health/ready") return handle(request, signal);
    const isOk = isReady();
    report(Number(request.headers[regionShareHeader]));
    return Promise.resolve({ status: isOk ? 200 : 503, headers: { "content-type": "application/json" }, body: bodyOf(utf8Bytes(`{"ok":${isOk}}`)) });
  };

/**
 * A process that ends keeps no connection: by that an edge knows that its 503 is no answer (gateway/http/process.ts).
 */
const closingWhile =
  (isDraining: () => boolean, handle: Handler): Handler =>
  async (request, signal) => {
    const isLate = isDraining();
    const answer = await handle(request, signal);
    return isLate ? { ...answer, headers: { ...answer.headers, connection: "close" } } : answer;
  };

/** Its metrics leave out what a defect makes it not count: such an event is not emitted. */
function count(counters: Counters, event: GatewayEvent): void {
  if (event.type !== "finished") return;
  counters.requests++;
  counters.attempts += event.attempts.length;
  const { team, cost } = event;
  if (cost !== undefined) counters.costUsd[team] = (counters.costUsd[team] ?? 0) + cost.nanoUsd / 1e9;
  if (event.outcome.kind === "failure" || event.outcome.kind === "rejected") counters.failures++;
}

/** As the process opens it (gateway/http/store.ts). */
function storeOf({ store }: ResolvedConfig, seams: { clock: SkewedClock; transport: Transport; events: EventSink<GatewayEvent> }): Store {
  const local = new MemoryStore(seams.clock);
  if (store.kind === "memory") return local;
  const shared = new StoreClient({ clock: seams.clock, transport: seams.transport, origin: store.url.replace(/^redis/, "http") });
  return new FallbackStore(seams, { shared, local, localShare: store.localShare });
}

import type { ConfigSource, EventSink } from "../../kernel/seams.ts";
import { Cancelled, Canceller, neverSignal, type Signal } from "../../kernel/signal.ts";
import { TransportError, type WireRequest, type WireResponse } from "../../kernel/transport.ts";
import { WholeBody } from "../../kernel/whole-body.ts";
import { AttemptFailure } from "./attempt-failure.ts";
import { WarmUpHost } from "./cache/warm-up/warm-up-host.ts";
import { Call, type Handle, type Reply } from "./call.ts";
import type { ClientDialect, ClientError, Gateway, GatewaySeams, GatewayState } from "./contracts.ts";
import { deliver, deliverKept } from "./deliver.ts";
import type { GatewayConfig } from "./config.ts";
import { endpointPath } from "./endpoint-path.ts";
import type { GatewayEvent } from "./events.ts";
import { keyOf } from "./keys.ts";
import { LimitBook } from "./limits/limit-book.ts";
import { RegionShare } from "./limits/region-share.ts";
import { LONG_BYTES, readInPieces } from "./long-body.ts";
import { modelsAt } from "./models.ts";
import { pausesOf } from "./pause.ts";
import { shuttingDown, surfaced } from "./replies.ts";
import { type Generation, Generations } from "./packages/generations.ts";
import { isPickedByBody, pickPackage } from "./packages/pick.ts";
import type { RunningPackages } from "./packages/running.ts";
import { providersOf } from "./policies/providers.ts";
import { ActiveDefects } from "./stages/active-defects.ts";
import { drifted } from "./stages/defect-drift.ts";
import { isReadyUnder } from "./stages/readiness-flap.ts";
import type { InFlight } from "./stages/admission.ts";
import { unknownKey } from "./stages/identity.ts";
import type { Shed } from "./stages/priority.ts";

/**
 * The data plane without its sockets: the pipeline of the config that is current when a request arrives, around the
 * policy loop. Each chat request emits `started` and `finished` exactly once. A rim must read a response's body to its
 * end, or close it (`return`), or cancel the request's signal: until then the request is in flight.
 */
export function createGateway(seams: GatewaySeams): Gateway {
  const { clock } = seams;
  const ids = seams.rng.fork("ids");
  const inFlight: InFlight = { count: 0 };
  const shed: Shed = {};
  const ending = new Canceller();
  let isDraining = false;
  const book = new LimitBook();
  const regionShare = new RegionShare(clock);
  const activeDefects = new ActiveDefects({ clock, events: seams.events });
  const dialectOf = (call: Call) => dialectAt(endpointPath(call.wire.path), seams);
  const packages = packagesOf(seams);
  const warmUps = warmUpsOf(seams, () => generations.current);
  const events = holding(seams.events, warmUps);
  const parts = { ...seams, ids, inFlight, shed, book, regionShare, activeDefects, dialectOf, ...(warmUps !== null && { warmUps }) };
  const generations = new Generations(packages.current(), parts);
  warmUps?.start();
  const current = () => generations.current.config;
  const startedMs = clock.nowMs();
  packages.onChange((next) => {
    generations.run(next);
    if (current().hardened) activeDefects.liftAll();
  });

  const chat = async (request: WireRequest, signal: Signal, dialect: ClientDialect): Promise<WireResponse> => {
    const isRead = request.body.length >= LONG_BYTES && isPickedByBody(generations.running, request);
    const body = isRead ? await readInPieces(request.body, pausesOf(clock, neverSignal)) : request.body;
    const picked = pickPackage(generations.running, request, dialect, body);
    const generation = generations.of(picked.package);
    const call = new Call(request, signal, generation.config, { clock, events, ids, operation: dialect.operation, ending: ending.signal, decoded: picked.chat, package: generation.name });
    if (isDraining) return deliver(call, shuttingDown(), dialect, clock);
    try {
      return drifted(await deliverKept(call, replyOf(generation.handle, call), dialect, clock), call);
    } catch (error) {
      if (error instanceof Cancelled && call.isCutByShutdown) return deliver(call, shuttingDown(), dialect, clock);
      if (!(error instanceof Cancelled)) {
        call.finish({ kind: "failure", failure: "server_error" }, 500);
        throw error;
      }
      call.finish({ kind: "cancelled" }, 499);
      throw new TransportError("aborted");
    }
  };

  const setIsolated = (deployment: string, isIsolated: boolean) => {
    const isChanged = generations.setIsolated(deployment, isIsolated);
    if (isChanged) events.emit({ type: "isolation_changed", deployment, isIsolated, atMs: clock.nowMs() });
    return isChanged;
  };

  return {
    handle: (request, signal) => {
      const path = endpointPath(request.path);
      const dialect = dialectAt(path, seams);
      if (request.method === "POST" && (path === "/v1/chat/completions" || dialect !== seams.client)) return chat(request, signal, dialect);
      if (request.method === "GET" && (path === "/v1/models" || path.startsWith("/v1/models/"))) return Promise.resolve(models(request, generations.current.config, seams));
      return Promise.resolve(refusal(dialect, { status: 404, type: "invalid_request_error", code: "not_found", message: `Nothing at ${request.method} ${path}` }));
    },
    state: () => ({
      inFlight: inFlight.count,
      shed: { ...shed },
      limits: book.states(clock.wallMs()),
      ...(activeDefects.ids.length > 0 && { defects: activeDefects.ids }),
      ...((current().cache ?? null) !== null && { cache: { entries: generations.current.answers.entries } }),
      ...packageState(generations),
      ...generations.current.policyHost.snapshot(providersOf(current().deployments), current().policy),
    }),
    applyDefect: (id, defect) => {
      if (current().hardened) return false;
      activeDefects.apply(id, defect);
      return true;
    },
    liftDefect: (id) => activeDefects.lift(id),
    isReady: () => activeDefects.isReady() && current().defects.every((defect) => isReadyUnder(defect, startedMs, clock.nowMs())),
    isolate: (deployment) => {
      if (!generations.all.some(({ config }) => config.deployments.some(({ name }) => name === deployment))) return false;
      setIsolated(deployment, true);
      return true;
    },
    release: (deployment) => setIsolated(deployment, false),
    rehearse: (loaded) => generations.rehearse(loaded),
    reportRegionShare: (share) => regionShare.report(share),
    drain: () => {
      isDraining = true;
      warmUps?.close();
    },
    cutOpenAnswers: () => ending.cancel("The gateway is shutting down"),
    flushCache: () => {
      if (current().cache?.backend === "store") return false;
      for (const { answers } of generations.all) answers.flush();
      return true;
    },
  };
}

/** Null: what is popular is recorded nowhere. */
function warmUpsOf(seams: GatewaySeams, running: () => Generation): WarmUpHost | null {
  const { popularity, clock, rng, events } = seams;
  return popularity === undefined ? null : new WarmUpHost({ clock, ids: rng.fork("warm-up"), events, disk: popularity, running, dialectAt: (path) => dialectAt(path, seams) });
}

/** Clients whose deployments have no room go before the warm-up. */
function holding(events: EventSink<GatewayEvent>, warmUps: WarmUpHost | null): EventSink<GatewayEvent> {
  if (warmUps === null) return events;
  return {
    emit: (event) => {
      if (event.type === "finished" && event.outcome.kind === "rejected" && event.outcome.by === "concurrency") warmUps.hold();
      events.emit(event);
    },
  };
}

/** An answer that broke off while a stage still held all of it is an ordinary error, because nothing was sent. */
async function replyOf(handle: Handle, call: Call): Promise<Reply> {
  try {
    return await handle(call);
  } catch (error) {
    if (error instanceof AttemptFailure) return surfaced(error, null);
    throw error;
  }
}

/** The client dialect of a path. */
function dialectAt(path: string, { client, clients = {} }: GatewaySeams): ClientDialect {
  return Object.hasOwn(clients, path) ? clients[path]! : client;
}

/** The packages of a control plane, or the gateway's own file alone. */
function packagesOf({ packages, config }: GatewaySeams): ConfigSource<RunningPackages> {
  if (packages !== undefined) return packages;
  const alone = (own: GatewayConfig): RunningPackages => ({ current: { id: null, config: own }, candidate: null });
  return { current: () => alone(config.current()), onChange: (listener) => config.onChange((next) => listener(alone(next))) };
}

function packageState(generations: Generations): Pick<GatewayState, "package" | "candidate"> {
  const { candidate } = generations.running;
  const { name } = generations.current;
  const beside = candidate === null ? null : generations.of(candidate.package);
  return {
    ...(name !== null && { package: name }),
    ...(candidate !== null &&
      beside !== null && {
        candidate: { package: beside.name ?? "", share: candidate.share, breakers: beside.policyHost.snapshot(providersOf(beside.config.deployments), beside.config.policy).breakers },
      }),
  };
}

function models(request: WireRequest, config: GatewayConfig, seams: GatewaySeams): WireResponse {
  if (keyOf(request.headers, config.keys) === undefined) return refusal(seams.client, unknownKey(request.headers));
  const found = modelsAt(endpointPath(request.path), request.headers, config);
  return found ?? refusal(seams.client, { status: 404, type: "invalid_request_error", code: "model_not_found", message: "No route has that name" });
}

function refusal(dialect: ClientDialect, error: ClientError): WireResponse {
  return { status: error.status, headers: { "content-type": "application/json" }, body: new WholeBody(dialect.encodeError(error)) };
}

import type { ChatRequest } from "../../kernel/chat.ts";
import type { WireRecord } from "../../kernel/records.ts";
import type { Clock, EventSink, Signal } from "../../kernel/seams.ts";
import { bodyOf, TransportError, type Handler, type WireRequest, type WireResponse } from "../../kernel/transport.ts";
import { composeAnswer, inputTokens } from "./answer.ts";
import { Attempt } from "./attempt.ts";
import type { SimulatorConfig } from "./config.ts";
import type { ProviderDialect, ProviderFault, ResponseHead, WholeResponse } from "./contracts.ts";
import { attemptLetters, attemptUnit, drawFate, type AttemptKey, type Fate } from "./fate.ts";
import { identify, OrdinalCounter } from "./identity.ts";
import { drawAcceptedMs, drawSchedule } from "./latency.ts";
import { cutAt, cutWhole, relayStream, relayWhole } from "./relay.ts";
import { inForce, type InForce } from "./timeline.ts";

/** How long a request of fate `timeout` is held before the provider hangs up on it. */
const timeoutCapMs = 120_000;

export interface SimulatorSeams {
  /** `nowMs` is the run's timeline: ms since the epoch, negative before it. */
  readonly clock: Clock;
  readonly config: SimulatorConfig;
  /** Gets one wire record for each attempt at the answer path, when it ends. */
  readonly tap: EventSink<WireRecord>;
  readonly dialect: ProviderDialect;
}

/** A mock provider without its sockets: one deployment. */
export interface Simulator {
  readonly handle: Handler;
  /** Attempts that have not ended. */
  openAttempts(): number;
  /** Breaks off every open attempt (wire record `broken`), and so empties the simulator before its tap is closed. */
  stop(): void;
}

/**
 * Plays one deployment on the run's timeline. All chance comes from hashes of the seed, the deployment, the request id and its ordinal, so
 * there is no `Rng` to share and no order of draws to keep. A request that the provider itself would refuse (400, 401, an unknown model) is
 * refused whatever is in force, and its record says `error`.
 */
export function createSimulator(seams: SimulatorSeams): Simulator {
  const { clock, config, dialect, tap } = seams;
  const ordinals = new OrdinalCounter();
  const open = new Set<Attempt>();

  const begin = (request: WireRequest, signal: Signal): { attempt: Attempt; key: AttemptKey; force: InForce | null } => {
    const { requestId, identity } = identify(request);
    const arrivedMs = clock.nowMs();
    const force = inForce(config, arrivedMs);
    const key = { seed: config.seed, deployment: config.deployment.name, requestId, ordinal: ordinals.next(requestId) };
    const { deployment, ordinal } = key;
    const head = { deployment, requestId, identity, ordinal, arrivedMs, incident: force?.incident ?? null, phase: force?.phase.index ?? -1 };
    const model = config.deployment.model;
    const attempt = new Attempt({ head, model, clock, tap, signal, onClosed: (closed) => void open.delete(closed) });
    if (!attempt.closed) open.add(attempt);
    return { attempt, key, force };
  };

  const answerPath: Handler = async (request, signal) => {
    const { attempt, key, force } = begin(request, signal);
    try {
      return await play({ clock, config, dialect, attempt, key, force }, request);
    } catch (error) {
      attempt.broken();
      throw error;
    }
  };

  return {
    openAttempts: () => open.size,
    stop: () => [...open].forEach((attempt) => attempt.broken()),
    handle: (request, signal) => {
      const path = request.path.split("?")[0]!;
      if (request.method === "POST" && path === dialect.answerPath) return answerPath(request, signal);
      return Promise.resolve(toWire(besides(seams, request, path)));
    },
  };
}

/** Everything about one attempt that its play needs. */
interface Scene {
  readonly clock: Clock;
  readonly config: SimulatorConfig;
  readonly dialect: ProviderDialect;
  readonly attempt: Attempt;
  readonly key: AttemptKey;
  readonly force: InForce | null;
}

async function play(scene: Scene, request: WireRequest): Promise<WireResponse> {
  const { attempt, config, dialect, key } = scene;
  const refused = dialect.checkHeaders(request.headers);
  if (refused !== null) return fail(scene, refused);
  const decoded = dialect.decodeRequest(request.body);
  if (!decoded.ok) return fail(scene, decoded.fault);
  const chat = decoded.request;
  attempt.note({ stream: chat.stream, inputTokens: inputTokens(chat) });
  if (chat.model !== config.deployment.model) return fail(scene, dialect.modelNotFound(chat.model));
  const fate = drawFate(key, scene.force);
  attempt.note({ fate: fate.kind });
  if (fate.kind === "error") return fail(scene, dialect.faultOf(fate.status, chat.model, retryAfterS(key)));
  if (fate.kind === "reset") return breakAt(attempt, drawAcceptedMs(key), "reset");
  if (fate.kind === "timeout") return breakAt(attempt, timeoutCapMs, "closed_early");
  return answer(scene, chat, fate);
}

async function fail(scene: Scene, fault: ProviderFault): Promise<WireResponse> {
  const { attempt, clock, dialect, key } = scene;
  attempt.note({ fate: "error" });
  await attempt.until(drawAcceptedMs(key));
  attempt.note({ status: fault.status });
  const response = dialect.encodeFault(fault, attemptLetters(key, "request"), clock.wallMs());
  return { ...response, body: relayWhole(attempt, { bytes: response.body, tokens: 0, ending: null }) };
}

async function breakAt(attempt: Attempt, elapsedMs: number, kind: "reset" | "closed_early"): Promise<never> {
  await attempt.until(elapsedMs);
  throw new TransportError(kind);
}

async function answer(scene: Scene, chat: ChatRequest, fate: Fate): Promise<WireResponse> {
  const { attempt, clock, config, dialect, key } = scene;
  const { answerId, digest, model, pieces } = composeAnswer(config, key, chat, fate);
  const schedule = drawSchedule(key, config.deployment.latency, scene.force?.phase ?? null, pieces.length);
  const cut = fate.kind === "truncate" ? { pieces: cutAt(fate.share, pieces.length), ending: fate.ending } : null;
  attempt.note({ answerId, digest, model });
  attempt.generate(schedule);
  const usage = { inputTokens: inputTokens(chat), outputTokens: pieces.length };
  await attempt.until(chat.stream ? schedule.acceptedMs : schedule.wordMs.at(-1)!);
  attempt.note({ status: 200 });
  const createdS = Math.floor((clock.wallMs() - attempt.elapsedMs) / 1000);
  const head: ResponseHead = { answerId, model, createdS, includeUsage: chat.includeUsage, inputTokens: usage.inputTokens };
  if (chat.stream) {
    const body = relayStream(attempt, { encoder: dialect.streamEncoder(head), pieces, schedule, usage, cut });
    return { status: 200, headers: dialect.streamHeaders(head), body };
  }
  const whole = dialect.encodeAnswer(head, pieces.join(""), usage);
  const part = cut === null ? { bytes: whole.body, tokens: pieces.length, ending: null } : cutWhole(whole.body, pieces, cut.pieces);
  return { ...whole, body: relayWhole(attempt, part) };
}

function retryAfterS(key: AttemptKey): number {
  return 1 + Math.floor(3 * attemptUnit(key, "retry-after"));
}

/** What is asked of a provider besides answers. */
function besides(seams: SimulatorSeams, request: WireRequest, path: string): WholeResponse {
  const { clock, config, dialect } = seams;
  const requestId = identify(request).requestId;
  const fault = dialect.checkHeaders(request.headers);
  if (request.method === "GET" && path === "/v1/models") {
    if (fault !== null) return dialect.encodeFault(fault, requestId, clock.wallMs());
    return dialect.encodeModels([config.deployment.model], Math.floor(clock.wallMs() / 1000), requestId);
  }
  return dialect.encodeFault(dialect.notFound(request.method, path), requestId, clock.wallMs());
}

function toWire(response: WholeResponse): WireResponse {
  return { ...response, body: bodyOf(response.body) };
}

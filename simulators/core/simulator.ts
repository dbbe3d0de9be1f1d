import type { ChatRequest } from "../../kernel/chat.ts";
import type { WireRecord } from "../../kernel/records.ts";
import type { Clock, EventSink, Signal } from "../../kernel/seams.ts";
import { TransportError, type Handler, type WireRequest, type WireResponse } from "../../kernel/transport.ts";
import { composeAnswer, inputTokens } from "./answer.ts";
import { Attempt } from "./attempt.ts";
import { besides } from "./besides.ts";
import { Body } from "./body.ts";
import type { SimulatorConfig } from "./config.ts";
import type { AnswerShape, ProviderDialect, ProviderFault, ResponseHead, WireEndpoint } from "./contracts.ts";
import { relayCourse, streamCourse, wholeCourse } from "./course.ts";
import { drawEffect, type Effect } from "./effects.ts";
import { attemptLetters, attemptUnit, drawFate, type AttemptKey, type Fate } from "./fate.ts";
import { identify, OrdinalCounter } from "./identity.ts";
import { drawAcceptedMs, drawSchedule } from "./latency.ts";
import { answerInstead, faultInstead, replacesAnswer, streamFault } from "./instead.ts";
import { mixedUp, Neighbours } from "./neighbour.ts";
import { limited, physicsOf, type Admission, type Physics, type Refusal } from "./physics.ts";
import { inRecordedWords } from "./recorded-fault.ts";
import { cutAt, cutWhole, relayStream, relayWhole } from "./relay.ts";
import { shapedDigest, shapedPieces, wrongUsage } from "./shaped.ts";
import { inForce, type InForce } from "./timeline.ts";
import { run, type Work } from "./work.ts";

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
  /** The same, at once where nothing has to be waited for: most of what `handle` costs beyond an answer is its promises. */
  readonly answer: (...asked: Parameters<Handler>) => WireResponse | Promise<WireResponse>;
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
  const physics = physicsOf(clock, config);
  const neighbours = new Neighbours();

  const begin = (request: WireRequest, signal: Signal): { attempt: Attempt; key: AttemptKey; force: InForce | null } => {
    const { requestId, identity } = identify(request);
    const arrivedMs = clock.nowMs();
    const force = inForce(config, arrivedMs, request);
    const key = { seed: config.seed, deployment: config.deployment.name, requestId, ordinal: ordinals.next(requestId) };
    const { deployment, ordinal } = key;
    const head = { deployment, link: request.link, requestId, identity, ordinal, arrivedMs, incident: force?.incident ?? null, phase: force?.phase.index ?? -1 };
    const model = config.deployment.model;
    const attempt = new Attempt({ head, model, clock, tap, signal, onClosed: (closed) => void open.delete(closed) });
    if (!attempt.closed) open.add(attempt);
    return { attempt, key, force };
  };

  function* asked(endpoint: WireEndpoint, request: WireRequest, signal: Signal): Work<WireResponse> {
    const { attempt, key, force } = begin(request, signal);
    try {
      return yield* play({ clock, config, dialect, endpoint, attempt, key, force, physics, neighbours, admission: null }, request);
    } catch (error) {
      attempt.broken();
      throw error;
    }
  }

  const answerTo: Simulator["answer"] = (request, signal) => {
    const endpoint = request.method === "POST" ? dialect.endpointOf(request.path) : null;
    return endpoint === null ? besides(seams, request) : run(asked(endpoint, request, signal));
  };

  return {
    answer: answerTo,
    handle: async (request, signal) => answerTo(request, signal),
    openAttempts: () => open.size,
    stop: () => [...open].forEach((attempt) => attempt.broken()),
  };
}

/** Everything about one attempt that its play needs. */
interface Scene {
  readonly clock: Clock;
  readonly config: SimulatorConfig;
  readonly dialect: ProviderDialect;
  readonly endpoint: WireEndpoint;
  readonly attempt: Attempt;
  readonly key: AttemptKey;
  readonly force: InForce | null;
  readonly physics: Physics | null;
  readonly neighbours: Neighbours;
  /** Null before the front door, and where there is none. */
  readonly admission: Admission | null;
}

function play(scene: Scene, request: WireRequest): Work<WireResponse> {
  const { attempt, config, dialect, endpoint, key } = scene;
  const refused = dialect.checkHeaders(request.headers, request.path);
  if (refused !== null) return fail(scene, refused);
  const decoded = endpoint.decodeRequest(request.body, request.path);
  if (!decoded.ok) return fail(scene, decoded.fault);
  const { request: chat, shape = words } = decoded;
  attempt.note({ stream: chat.stream, inputTokens: inputTokens(chat) });
  if (chat.model !== config.deployment.model) return fail(scene, dialect.modelNotFound(chat.model));
  const other = scene.neighbours.meet(chat);
  const admission = scene.physics?.admit(attempt, key, chat) ?? null;
  return meet(admission === null ? scene : { ...scene, admission }, { chat, shape, other, effect: null });
}

/** What a request asks for, and what spoils the bytes of its answer. */
interface Order {
  readonly chat: ChatRequest;
  readonly shape: AnswerShape;
  /** An earlier one that asked something else. */
  readonly other: ChatRequest | null;
  readonly effect: Effect | null;
}

const words: AnswerShape = { kind: "text" };

/** The fate of a request that is in order. */
function meet(scene: Scene, order: Order): Work<WireResponse> {
  const { chat } = order;
  const { admission, attempt, config, dialect, key } = scene;
  if (admission !== null && admission.refusal !== null) return refuse(scene, admission.refusal);
  const fate = drawFate(key, scene.force);
  attempt.note({ fate: fate.kind });
  if (fate.kind === "error") return fail(scene, inRecordedWords(dialect.faultOf(fate.status, chat.model, retryAfterS(key)), config.deployment.errors ?? [], attemptUnit(key, "recorded error")));
  if (fate.kind === "reset") return breakAt(attempt, drawAcceptedMs(key), "reset");
  if (fate.kind === "timeout") return breakAt(attempt, timeoutCapMs, "closed_early");
  const effect = fate.kind === "answer" ? drawEffect(key, scene.force, chat.stream) : null;
  const spoils = effect !== null && (effect.kind !== "mixed_up" || order.other !== null);
  return !spoils ? answer(scene, order, fate) : spoil(scene, { ...order, effect }, effect);
}

/** An effect: a fault like any other, something in place of an answer, or an answer that goes out spoiled. */
function* spoil(scene: Scene, order: Order, effect: Effect): Work<WireResponse> {
  const { attempt, clock, config, dialect, endpoint, key } = scene;
  const { chat, shape } = order;
  attempt.note({ effect: effect.kind });
  const fault = faultInstead(dialect, chat.model, effect, retryAfterS(key));
  if (fault !== null) return yield* fail(scene, fault);
  if (!replacesAnswer(effect)) return yield* answer(scene, order, { kind: "answer" });
  yield* attempt.until(drawAcceptedMs(key));
  const wallMs = clock.wallMs();
  const { model } = config.deployment;
  const answerId = attemptLetters(key, "answer");
  const head = { answerId, model, createdS: Math.floor(wallMs / 1000), includeUsage: false, inputTokens: 0, shape, generationMs: 0, drifted: false };
  return yield* answerInstead({ attempt, dialect, endpoint, head, stream: chat.stream, wallMs }, effect);
}

function* fail(scene: Scene, fault: ProviderFault): Work<WireResponse> {
  const { attempt, clock, dialect, key } = scene;
  attempt.note({ fate: "error" });
  yield* attempt.until(drawAcceptedMs(key));
  attempt.note({ status: fault.status });
  const response = dialect.encodeFault(fault, attemptLetters(key, "request"), clock.wallMs());
  const headers = limited(response.headers, scene.admission);
  return { ...response, headers, body: new Body(relayWhole(attempt, { bytes: response.body, tokens: 0, ending: null })) };
}

/** No capacity, or no quota. */
function refuse(scene: Scene, { fault, status, retryAfterS: afterS }: Refusal): Work<WireResponse> {
  return fail(scene, fault ?? scene.dialect.faultOf(status, scene.config.deployment.model, afterS));
}

function* breakAt(attempt: Attempt, elapsedMs: number, kind: "reset" | "closed_early"): Work<never> {
  yield* attempt.until(elapsedMs);
  throw new TransportError(kind);
}

function* answer(scene: Scene, { chat, shape, other, effect }: Order, fate: Fate): Work<WireResponse> {
  const { attempt, clock, config, dialect, endpoint, key } = scene;
  const composed = composeAnswer(config, key, effect?.kind === "mixed_up" && other !== null ? mixedUp(chat, other) : chat, fate);
  const { answerId, model } = composed;
  const pieces = shapedPieces(composed.pieces, shape);
  const drawn = drawSchedule(key, config.deployment.latency, scene.force?.phase ?? null, pieces.length);
  const { physics, admission } = scene;
  const cachedTokens = admission?.cachedTokens ?? 0;
  const begun = physics === null ? { schedule: drawn } : yield* physics.begin(attempt, { schedule: drawn, chat, cachedTokens });
  if ("refusal" in begun) return yield* refuse(scene, begun.refusal);
  const { schedule } = begun;
  const cut = fate.kind === "truncate" ? { pieces: cutAt(fate.share, pieces.length), ending: fate.ending } : null;
  attempt.note({ answerId, digest: shapedDigest(composed, shape), model });
  if (shape.kind !== "embedding") attempt.generate(schedule);
  const counted = { inputTokens: inputTokens(chat), outputTokens: pieces.length, ...(cachedTokens > 0 && { cachedInputTokens: cachedTokens }) };
  const usage = effect?.kind === "wrong_usage" ? wrongUsage(counted) : counted;
  const readyMs = schedule.wordMs.at(-1)!;
  const headMs = chat.stream || effect?.kind === "keep_alive" ? schedule.acceptedMs : readyMs;
  if (!attempt.isPast(headMs)) yield* attempt.until(headMs);
  attempt.note({ status: 200 });
  const createdS = Math.floor((clock.wallMs() - attempt.elapsedMs) / 1000);
  const drifted = effect?.kind === "contract_drift";
  const head: ResponseHead = { answerId, model, createdS, includeUsage: chat.includeUsage, inputTokens: usage.inputTokens, shape, generationMs: readyMs, drifted };
  if (chat.stream) {
    const part = { encoder: endpoint.streamEncoder(head), pieces, schedule, usage, cut };
    const course = effect === null ? null : streamCourse({ ...part, dialect, fault: streamFault(dialect, model, effect) }, effect);
    const parts = course === null ? relayStream(attempt, part) : relayCourse(attempt, course);
    return { status: 200, headers: limited(endpoint.streamHeaders(head), admission), body: new Body(parts) };
  }
  const whole = endpoint.encodeAnswer(head, pieces.join(""), usage);
  const course = effect === null ? null : wholeCourse({ whole, pieces, readyMs, acceptedMs: schedule.acceptedMs }, effect);
  if (course !== null) return { ...whole, headers: limited(course.headers, admission), body: new Body(relayCourse(attempt, course)) };
  const part = cut === null ? { bytes: whole.body, tokens: pieces.length, ending: null } : cutWhole(whole.body, pieces, cut.pieces);
  return { ...whole, headers: limited(whole.headers, admission), body: new Body(relayWhole(attempt, part)) };
}

function retryAfterS(key: AttemptKey): number {
  return 1 + Math.floor(3 * attemptUnit(key, "retry-after"));
}

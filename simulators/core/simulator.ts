import type { ChatRequest } from "../../kernel/chat.ts";
import type { WireRecord } from "../../kernel/records.ts";
import type { Clock, EventSink, Signal } from "../../kernel/seams.ts";
import { TransportError, type Handler, type WireRequest, type WireResponse } from "../../kernel/transport.ts";
import { composeAnswer, inputTokens } from "./answer.ts";
import { Attempt } from "./attempt.ts";
import { answerModelsRequest } from "./models-endpoint.ts";
import { Body } from "./body.ts";
import type { SimulatorConfig } from "./config.ts";
import type { AnswerShape, ProviderDialect, ProviderFault, ResponseHead, WireEndpoint, WordBatching } from "./contracts.ts";
import { playScript, streamScript, wholeScript } from "./body-script.ts";
import { drawEffect, type Effect } from "./effects.ts";
import { attemptLetters, attemptUnit, drawFate, type AttemptKey, type Fate } from "./fate.ts";
import { identify, OrdinalCounter } from "./identity.ts";
import { drawAcceptedMs, drawSchedule } from "./latency.ts";
import { replaceAnswer, faultOfEffect, replacesAnswer, streamFault } from "./replacements.ts";
import { mixedUp, RecentQuestions } from "./recent-questions.ts";
import { limited, physicsOf, type Admission, type Physics, type Refusal } from "./physics.ts";
import { inRecordedWords } from "./recorded-fault.ts";
import { cutAt, cutWhole, relayStream, relayWhole } from "./relay.ts";
import { shapedDigest, shapedPieces, wrongUsage } from "./answer-shape.ts";
import { inForce, type InForce } from "./timeline.ts";
import { run, type Work } from "./work.ts";

/** How long a request of fate `timeout` is held before its connection is closed. */
const timeoutCapMs = 120_000;

export interface SimulatorSeams {
  /** `nowMs` is the run's timeline: ms since the epoch, negative before it. */
  readonly clock: Clock;
  readonly config: SimulatorConfig;
  /** Receives one wire record for each attempt, when it ends. */
  readonly tap: EventSink<WireRecord>;
  readonly dialect: ProviderDialect;
  /** Absent: each word of a stream is sent when it is due. */
  readonly batching?: WordBatching | undefined;
}

/** A mock provider without its sockets: one deployment. */
export interface Simulator {
  readonly handle: Handler;
  /** The same, synchronous where nothing has to be waited for: promises would be most of its cost. */
  readonly answer: (...call: Parameters<Handler>) => WireResponse | Promise<WireResponse>;
  /** Attempts that have not ended. */
  openAttempts(): number;
  /** Breaks every open attempt (wire record `broken`), so that none is left when the tap is closed. */
  stop(): void;
}

/**
 * Creates the simulator of one deployment. All chance comes from hashes of the seed, the deployment, the request id and
 * its ordinal, so there is no shared `Rng` and no order of draws. A request that the provider itself would refuse (400,
 * 401, an unknown model) is refused whatever fault is in force, and its record has the fate `error`.
 */
export function createSimulator(seams: SimulatorSeams): Simulator {
  const { clock, config, dialect, tap, batching = null } = seams;
  const ordinals = new OrdinalCounter();
  const open = new Set<Attempt>();
  const physics = physicsOf(clock, config);
  const recentQuestions = new RecentQuestions();

  const openAttempt = (request: WireRequest, signal: Signal): { attempt: Attempt; key: AttemptKey; force: InForce | null } => {
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

  function* serveAttempt(endpoint: WireEndpoint, request: WireRequest, signal: Signal): Work<WireResponse> {
    const { attempt, key, force } = openAttempt(request, signal);
    try {
      return yield* decodeAndAdmit({ clock, config, dialect, batching, endpoint, attempt, key, force, physics, recentQuestions, admission: null }, request);
    } catch (error) {
      attempt.closeBroken();
      throw error;
    }
  }

  const answerRequest: Simulator["answer"] = (request, signal) => {
    const endpoint = request.method === "POST" ? dialect.endpointOf(request.path) : null;
    return endpoint === null ? answerModelsRequest(seams, request) : run(serveAttempt(endpoint, request, signal));
  };

  return {
    answer: answerRequest,
    handle: async (request, signal) => answerRequest(request, signal),
    openAttempts: () => open.size,
    stop: () => [...open].forEach((attempt) => attempt.closeBroken()),
  };
}

/** Everything that serving one attempt needs. */
interface AttemptContext {
  readonly clock: Clock;
  readonly config: SimulatorConfig;
  readonly dialect: ProviderDialect;
  readonly batching: WordBatching | null;
  readonly endpoint: WireEndpoint;
  readonly attempt: Attempt;
  readonly key: AttemptKey;
  readonly force: InForce | null;
  readonly physics: Physics | null;
  readonly recentQuestions: RecentQuestions;
  /** Null before admission, and where the deployment has no limits or capacity. */
  readonly admission: Admission | null;
}

function decodeAndAdmit(context: AttemptContext, request: WireRequest): Work<WireResponse> {
  const { attempt, config, dialect, endpoint, key } = context;
  const refused = dialect.checkHeaders(request.headers, request.path);
  if (refused !== null) return fail(context, refused);
  const decoded = endpoint.decodeRequest(request.body, request.path);
  if (!decoded.ok) return fail(context, decoded.fault);
  const { request: chat, shape = words } = decoded;
  attempt.record({ stream: chat.stream, inputTokens: inputTokens(chat) });
  if (chat.model !== config.deployment.model) return fail(context, dialect.modelNotFound(chat.model));
  const other = context.recentQuestions.add(chat);
  const admission = context.physics?.admit(attempt, key, chat) ?? null;
  return playFate(admission === null ? context : { ...context, admission }, { chat, shape, other, effect: null });
}

/** What a request asks for, and the effect on its answer. */
interface AnswerSpec {
  readonly chat: ChatRequest;
  readonly shape: AnswerShape;
  /** An earlier request with another question. */
  readonly other: ChatRequest | null;
  readonly effect: Effect | null;
}

const words: AnswerShape = { kind: "text" };

/** Serves a valid request by its fate. */
function playFate(context: AttemptContext, spec: AnswerSpec): Work<WireResponse> {
  const { chat } = spec;
  const { admission, attempt, config, dialect, key } = context;
  if (admission !== null && admission.refusal !== null) return refuse(context, admission.refusal);
  const fate = drawFate(key, context.force);
  attempt.record({ fate: fate.kind });
  if (fate.kind === "error") return fail(context, inRecordedWords(dialect.faultOf(fate.status, chat.model, retryAfterS(key)), config.deployment.errors ?? [], attemptUnit(key, "recorded error")));
  if (fate.kind === "reset") return breakConnectionAt(attempt, drawAcceptedMs(key), "reset");
  if (fate.kind === "timeout") return breakConnectionAt(attempt, timeoutCapMs, "closed_early");
  const effect = fate.kind === "answer" ? drawEffect(key, context.force, chat.stream) : null;
  const spoils = effect !== null && (effect.kind !== "mixed_up" || spec.other !== null);
  return !spoils ? answer(context, spec, fate) : playEffect(context, { ...spec, effect }, effect);
}

/** Serves a request under an effect: with an ordinary fault, with a replacement, or with a spoiled answer. */
function* playEffect(context: AttemptContext, spec: AnswerSpec, effect: Effect): Work<WireResponse> {
  const { attempt, clock, config, dialect, endpoint, key } = context;
  const { chat, shape } = spec;
  attempt.record({ effect: effect.kind });
  const fault = faultOfEffect(dialect, chat.model, effect, retryAfterS(key));
  if (fault !== null) return yield* fail(context, fault);
  if (!replacesAnswer(effect)) return yield* answer(context, spec, { kind: "answer" });
  yield* attempt.until(drawAcceptedMs(key));
  const wallMs = clock.wallMs();
  const { model } = config.deployment;
  const answerId = attemptLetters(key, "answer");
  const head = { answerId, model, createdS: Math.floor(wallMs / 1000), includeUsage: false, inputTokens: 0, shape, generationMs: 0, drifted: false };
  return yield* replaceAnswer({ attempt, dialect, endpoint, head, stream: chat.stream, wallMs }, effect);
}

function* fail(context: AttemptContext, fault: ProviderFault): Work<WireResponse> {
  const { attempt, clock, dialect, key } = context;
  attempt.record({ fate: "error" });
  yield* attempt.until(drawAcceptedMs(key));
  attempt.record({ status: fault.status });
  const response = dialect.encodeFault(fault, attemptLetters(key, "request"), clock.wallMs());
  const headers = limited(response.headers, context.admission);
  return { ...response, headers, body: new Body(relayWhole(attempt, { bytes: response.body, tokens: 0, ending: null })) };
}

/** Refuses a request for lack of capacity or quota. */
function refuse(context: AttemptContext, { fault, status, retryAfterS: afterS }: Refusal): Work<WireResponse> {
  return fail(context, fault ?? context.dialect.faultOf(status, context.config.deployment.model, afterS));
}

function* breakConnectionAt(attempt: Attempt, elapsedMs: number, kind: "reset" | "closed_early"): Work<never> {
  yield* attempt.until(elapsedMs);
  throw new TransportError(kind);
}

function* answer(context: AttemptContext, { chat, shape, other, effect }: AnswerSpec, fate: Fate): Work<WireResponse> {
  const { attempt, clock, config, dialect, endpoint, key } = context;
  const composed = composeAnswer(config, key, effect?.kind === "mixed_up" && other !== null ? mixedUp(chat, other) : chat, fate);
  const { answerId, model } = composed;
  const pieces = shapedPieces(composed.pieces, shape);
  const drawn = drawSchedule(key, config.deployment.latency, context.force?.phase ?? null, pieces.length);
  const { physics, admission } = context;
  const cachedTokens = admission?.cachedTokens ?? 0;
  const begun = physics === null ? { schedule: drawn } : yield* physics.begin(attempt, { schedule: drawn, chat, cachedTokens });
  if ("refusal" in begun) return yield* refuse(context, begun.refusal);
  const { schedule } = begun;
  const cut = fate.kind === "truncate" ? { pieces: cutAt(fate.share, pieces.length), ending: fate.ending } : null;
  attempt.record({ answerId, digest: shapedDigest(composed, shape), model, ...(cachedTokens > 0 && { cachedTokens }) });
  if (shape.kind !== "embedding") attempt.startGeneration(schedule);
  const counted = { inputTokens: inputTokens(chat), outputTokens: pieces.length, ...(cachedTokens > 0 && { cachedInputTokens: cachedTokens }) };
  const usage = effect?.kind === "wrong_usage" ? wrongUsage(counted) : counted;
  const readyMs = schedule.wordMs.at(-1)!;
  const headMs = chat.stream || effect?.kind === "keep_alive" ? schedule.acceptedMs : readyMs;
  if (!attempt.isPast(headMs)) yield* attempt.until(headMs);
  attempt.record({ status: 200 });
  const createdS = Math.floor((clock.wallMs() - attempt.elapsedMs) / 1000);
  const drifted = effect?.kind === "contract_drift";
  const head: ResponseHead = { answerId, model, createdS, includeUsage: chat.includeUsage, inputTokens: usage.inputTokens, shape, generationMs: readyMs, drifted };
  if (chat.stream) {
    /** Under an effect words may be spoiled, and their reader may not know them for content. */
    const batching = shape.kind === "text" && effect === null ? context.batching : null;
    const part = { encoder: endpoint.streamEncoder(head), pieces, schedule, usage, cut, batching };
    const script = effect === null ? null : streamScript({ ...part, dialect, fault: streamFault(dialect, model, effect) }, effect);
    const parts = script === null ? relayStream(attempt, part) : playScript(attempt, script);
    return { status: 200, headers: limited(endpoint.streamHeaders(head), admission), body: new Body(parts) };
  }
  const whole = endpoint.encodeAnswer(head, pieces.join(""), usage);
  const script = effect === null ? null : wholeScript({ whole, pieces, readyMs, acceptedMs: schedule.acceptedMs }, effect);
  if (script !== null) return { ...whole, headers: limited(script.headers, admission), body: new Body(playScript(attempt, script)) };
  const part = cut === null ? { bytes: whole.body, tokens: pieces.length, ending: null } : cutWhole(whole.body, pieces, cut.pieces);
  return { ...whole, headers: limited(whole.headers, admission), body: new Body(relayWhole(attempt, part)) };
}

function retryAfterS(key: AttemptKey): number {
  return 1 + Math.floor(3 * attemptUnit(key, "retry-after"));
}

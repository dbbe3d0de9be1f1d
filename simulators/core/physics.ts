import type { LoadRefusal } from "../../kernel/capacity.ts";
import type { ChatRequest } from "../../kernel/chat.ts";
import type { Deployment } from "../../kernel/plan.ts";
import type { Clock } from "../../kernel/seams.ts";
import { TransportError, type Headers } from "../../kernel/transport.ts";
import { inputTokens } from "./answer.ts";
import type { Attempt } from "./attempt.ts";
import { Capacity, type SlotResult } from "./capacity.ts";
import { dailyFactor } from "./capacity-day.ts";
import type { SimulatorConfig } from "./config.ts";
import type { ProviderFault } from "./contracts.ts";
import { attemptUnit, type AttemptKey } from "./fate.ts";
import type { Schedule } from "./latency.ts";
import { prefillMs, PromptCache } from "./prefill.ts";
import { limitFault } from "./rate-limit-fault.ts";
import { limitFormOf, limitHeaders } from "./rate-limit-headers.ts";
import { limit, newLimiter, settleOutput, type LimiterState } from "./rate-limiter.ts";
import { settled, type Work } from "./work.ts";

/** The admission decision on a valid request. */
export interface Admission {
  /** Replaces the dialect's own limit headers. Null where the deployment has no limits. */
  readonly headers: Headers | null;
  readonly cachedTokens: number;
  /** Null: admitted. */
  readonly refusal: Refusal | null;
}

export interface Refusal {
  readonly by: LoadRefusal;
  /** The provider's own words for this refusal. Null: its words for the status are used. */
  readonly status: number;
  readonly fault: ProviderFault | null;
  readonly retryAfterS: number;
}

type Slot = Extract<SlotResult, { readonly kind: "slot" }>;

interface AdmittedRequest {
  readonly schedule: Schedule;
  readonly chat: ChatRequest;
  readonly cachedTokens: number;
}

export type Begun = { readonly schedule: Schedule } | { readonly refusal: Refusal };

/** Output tokens charged for a request without `max_tokens`. */
const outputTokensDefault = 64;

/**
 * The limits, capacity, prompt cache and daily pattern of a deployment. Null where it has none of them, which then
 * costs nothing.
 */
export function physicsOf(clock: Clock, config: SimulatorConfig): Physics | null {
  const { capacity, limits, promptCache, daily } = config.deployment;
  return [capacity, limits, promptCache, daily].every((part) => part === undefined) ? null : new Physics(clock, config);
}

/**
 * Decides when and how fast a deployment serves a request, from its limits, capacity, prompt cache and daily pattern.
 */
export class Physics {
  readonly #clock: Clock;
  readonly #deployment: Deployment;
  readonly #capacity: Capacity | null;
  readonly #cache: PromptCache | null;
  #limiter: LimiterState | null = null;

  constructor(clock: Clock, { deployment, incidents }: SimulatorConfig) {
    this.#clock = clock;
    this.#deployment = deployment;
    this.#capacity = deployment.capacity === undefined ? null : new Capacity({ clock, settings: deployment.capacity, incidents });
    this.#cache = deployment.promptCache === undefined ? null : new PromptCache(deployment.promptCache);
  }

  /** Slots that are held, and requests that wait. Null without a capacity. */
  get load(): Capacity["load"] | null {
    return this.#capacity?.load ?? null;
  }

  /** Decides at once whether the request is within its customer's limits, and charges them. */
  admit(attempt: Attempt, key: AttemptKey, chat: ChatRequest): Admission {
    const nowMs = this.#clock.nowMs();
    const cachedTokens = this.#cache?.cachedTokens(chat, nowMs) ?? 0;
    const { limits, dialect, model } = this.#deployment;
    if (limits === undefined || !this.#isLimited()) return { headers: null, cachedTokens, refusal: null };
    const outputTokens = chat.maxTokens ?? outputTokensDefault;
    const ask = { nowMs, inputTokens: inputTokens(chat), cachedTokens, outputTokens, poolUnit: attemptUnit(key, "pool") };
    const [decision, state] = limit(limits, this.#limiter ?? newLimiter(limits, nowMs), ask);
    this.#limiter = state;
    const form = limitFormOf(dialect);
    const headers = limitHeaders(form, decision, this.#clock.wallMs());
    if (decision.admitted) {
      attempt.addCloseListener((_, generated) => {
        this.#limiter = settleOutput(this.#limiter!, this.#clock.nowMs(), outputTokens - generated);
      });
      return { headers, cachedTokens, refusal: null };
    }
    attempt.record({ load: { queuedMs: 0, slowedMs: 0, refused: decision.by } });
    const fault = dialect === form ? limitFault(form, decision, model) : null;
    const retryAfterS = Math.ceil((decision.retryAfterMs ?? 1000) / 1000);
    return { headers, cachedTokens, refusal: { by: decision.by, status: fault?.status ?? 429, fault, retryAfterS } };
  }

  /**
   * Waits for a slot and returns the adjusted schedule: later by the wait and the prefill, slower by load, cold caches
   * and the time of day. Throws `TransportError("aborted")` when the caller disconnects first.
   */
  *begin(attempt: Attempt, request: AdmittedRequest): Work<Begun> {
    const begun = yield* this.#begin(attempt, request);
    // Its prompt has been read when its first word comes.
    if ("schedule" in begun) this.#cache?.remember(request.chat, this.#clock.nowMs() - attempt.elapsedMs + begun.schedule.wordMs[0]!);
    return begun;
  }

  *#begin(attempt: Attempt, { schedule, chat, cachedTokens }: AdmittedRequest): Work<Begun> {
    const hour = dailyFactor(this.#deployment.daily, this.#clock.nowMs());
    if (this.#capacity === null || !this.#isLimited()) return { schedule: stretched(schedule, { shiftMs: 0, prefill: 0, factor: hour }) };
    const settings = this.#deployment.capacity!;
    const prefill = prefillMs(settings.prefillTokensPerSecond, inputTokens(chat), cachedTokens);
    const words = schedule.wordMs.length;
    if (settings.abandoned === "runs_on") attempt.setTokensIfAbandoned(words);
    const serviceMs = (schedule.wordMs.at(-1)! + prefill) * hour;
    const place = yield* this.#wait(attempt, serviceMs);
    if (place.kind !== "slot") return { refusal: refusalOf(attempt, place, settings.fullStatus ?? (this.#deployment.dialect === "anthropic" ? 529 : 503)) };
    const factor = hour * place.loadFactor * place.coldFactor;
    this.#occupy(attempt, place, serviceMs * place.loadFactor * place.coldFactor);
    return { schedule: stretched(schedule, { shiftMs: attempt.elapsedMs, prefill, factor }) };
  }

  #isLimited(): boolean {
    return this.#clock.nowMs() >= (this.#deployment.limitedFromMs ?? -Infinity);
  }

  /** Waits for a slot. If the caller disconnects first, the wire record has the time that it waited. */
  *#wait(attempt: Attempt, serviceMs: number): Work<SlotResult> {
    const fromMs = this.#clock.nowMs();
    let waiting = true;
    attempt.addCloseListener(() => {
      if (waiting) attempt.record({ load: { queuedMs: this.#clock.nowMs() - fromMs, slowedMs: 0, refused: null } });
    });
    const place = yield* settled(this.#capacity!.enter({ serviceMs, signal: attempt.signal }));
    waiting = false;
    if (!attempt.closed) return place;
    if (place.kind === "slot") place.release();
    throw new TransportError("aborted");
  }

  /** Holds the slot until the attempt ends or, with `abandoned: "runs_on"`, until its work is done. */
  #occupy(attempt: Attempt, place: Slot, workMs: number): void {
    const fromMs = this.#clock.nowMs();
    attempt.addCloseListener((end) => {
      const workedMs = Math.min(workMs, this.#clock.nowMs() - fromMs);
      const slowedMs = workedMs * (1 - 1 / place.loadFactor);
      if (place.queuedMs > 0 || slowedMs > 0) attempt.record({ load: { queuedMs: place.queuedMs, slowedMs, refused: null } });
      const runsOn = end === "caller_gone" && this.#deployment.capacity!.abandoned === "runs_on";
      if (runsOn) this.#clock.at(fromMs + workMs, place.release);
      else place.release();
    });
  }
}

/** Replaces a response's limit headers by the real ones. Unchanged where the deployment has no limits. */
export function limited(headers: Headers, admission: Admission | null): Headers {
  if (admission === null || admission.headers === null) return headers;
  const rest = Object.entries(headers).filter(([name]) => !/ratelimit-/.test(name));
  return { ...Object.fromEntries(rest), ...admission.headers };
}

/**
 * A schedule on a loaded deployment: every latency times `factor`, after the `shiftMs` that have passed since arrival.
 */
function stretched(schedule: Schedule, by: { readonly shiftMs: number; readonly prefill: number; readonly factor: number }): Schedule {
  const wordMs = schedule.wordMs.map((atMs) => by.shiftMs + (by.prefill + atMs) * by.factor);
  return { acceptedMs: Math.min(by.shiftMs + schedule.acceptedMs, wordMs[0]!), wordMs };
}

/** A full queue has no message of its own, only the status. A wait that expires is 504. */
function refusalOf(attempt: Attempt, place: Exclude<SlotResult, { readonly kind: "slot" }>, fullStatus: number): Refusal {
  attempt.setTokensIfAbandoned(0);
  const by = place.kind === "full" ? "queue_full" : "queue_timeout";
  attempt.record({ load: { queuedMs: place.kind === "full" ? 0 : place.queuedMs, slowedMs: 0, refused: by } });
  return { by, status: place.kind === "full" ? fullStatus : 504, fault: null, retryAfterS: 1 };
}

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

/** What the front door says of a request that could be answered. */
export interface Admission {
  /** Null where the deployment has no limits; otherwise in place of any other limit headers. */
  readonly headers: Headers | null;
  readonly cachedTokens: number;
  /** Null: come in. */
  readonly refusal: Refusal | null;
}

export interface Refusal {
  readonly by: LoadRefusal;
  /** `fault` where the provider has words of its own for it; otherwise those that it has for the status. */
  readonly status: number;
  readonly fault: ProviderFault | null;
  readonly retryAfterS: number;
}

type Slot = Extract<SlotResult, { readonly kind: "slot" }>;

export type Begun = { readonly schedule: Schedule } | { readonly refusal: Refusal };

/** Output that is charged for a request that does not say how much it wants. */
const outputTokensDefault = 64;

/** A deployment's limits, capacity and hours, as far as it has any: null for none, which costs nothing and changes nothing. */
export function physicsOf(clock: Clock, config: SimulatorConfig): Physics | null {
  const { capacity, limits, promptCache, daily } = config.deployment;
  return [capacity, limits, promptCache, daily].every((part) => part === undefined) ? null : new Physics(clock, config);
}

/** One deployment between its front door and its first token. */
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

  /** Slots that are held, and requests that wait; null without a capacity. */
  get load(): Capacity["load"] | null {
    return this.#capacity?.load ?? null;
  }

  /** Decides at once whether the request is within its customer's limits, and charges them. */
  admit(attempt: Attempt, key: AttemptKey, chat: ChatRequest): Admission {
    const nowMs = this.#clock.nowMs();
    const cachedTokens = this.#cache?.cachedTokens(chat, nowMs) ?? 0;
    const { limits, dialect, model } = this.#deployment;
    if (limits === undefined) {
      this.#cache?.remember(chat, nowMs);
      return { headers: null, cachedTokens, refusal: null };
    }
    const outputTokens = chat.maxTokens ?? outputTokensDefault;
    const ask = { nowMs, inputTokens: inputTokens(chat), cachedTokens, outputTokens, poolUnit: attemptUnit(key, "pool") };
    const [decision, state] = limit(limits, this.#limiter ?? newLimiter(limits, nowMs), ask);
    this.#limiter = state;
    const form = limitFormOf(dialect);
    const headers = limitHeaders(form, decision, this.#clock.wallMs());
    if (decision.admitted) {
      this.#cache?.remember(chat, nowMs);
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
   * Waits for a slot and gives the schedule as it becomes: later by the wait and the prefill, slower by load, cold caches and the hour. Throws
   * `TransportError("aborted")` when the caller leaves first.
   */
  *begin(attempt: Attempt, request: { readonly schedule: Schedule; readonly chat: ChatRequest; readonly cachedTokens: number }): Work<Begun> {
    const { schedule, chat, cachedTokens } = request;
    const hour = dailyFactor(this.#deployment.daily, this.#clock.nowMs());
    if (this.#capacity === null) return { schedule: stretched(schedule, { shiftMs: 0, prefill: 0, factor: hour }) };
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

  /** A place, unless the caller leaves first: then its record says how long it had waited. */
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

  /** Holds the slot until the attempt ends, or, where work runs on without its caller, until the work does. */
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

/** A response's headers with the limits' own in place of any that the dialect made up; as they are where there are no limits. */
export function limited(headers: Headers, admission: Admission | null): Headers {
  if (admission === null || admission.headers === null) return headers;
  const rest = Object.entries(headers).filter(([name]) => !/ratelimit-/.test(name));
  return { ...Object.fromEntries(rest), ...admission.headers };
}

/** A schedule on a deployment that is not idle: every latency times `factor`, after `shiftMs` that have passed since its arrival. */
function stretched(schedule: Schedule, by: { readonly shiftMs: number; readonly prefill: number; readonly factor: number }): Schedule {
  const wordMs = schedule.wordMs.map((atMs) => by.shiftMs + (by.prefill + atMs) * by.factor);
  return { acceptedMs: Math.min(by.shiftMs + schedule.acceptedMs, wordMs[0]!), wordMs };
}

/** Nobody has words for a full queue but the status; 504 is for those who waited in vain. */
function refusalOf(attempt: Attempt, place: Exclude<SlotResult, { readonly kind: "slot" }>, fullStatus: number): Refusal {
  attempt.setTokensIfAbandoned(0);
  const by = place.kind === "full" ? "queue_full" : "queue_timeout";
  attempt.record({ load: { queuedMs: place.kind === "full" ? 0 : place.queuedMs, slowedMs: 0, refused: by } });
  return { by, status: place.kind === "full" ? fullStatus : 504, fault: null, retryAfterS: 1 };
}

import type { Clock } from "../../../kernel/seams.ts";
import { batchOf, type Batches, watched } from "../batches.ts";
import { eventsOfAnswer, Recording, type StoredAnswer } from "../cache/answer.ts";
import type { AnswerCache, CacheView } from "../cache/answer-cache.ts";
import { type Landing, landingOf } from "../cache/flights.ts";
import { type CacheKey, cacheKeyOf } from "../cache/key.ts";
import { type CacheConfig, type CacheReport, miss } from "../cache/settings.ts";
import type { Call, Handle, Reply, Stage } from "../call.ts";
import { isCallerFault } from "../policies/failures.ts";

/** Times that a request waits anew because the one that it waited for was left by its client. */
const WAITS_MAX = 8;

/**
 * Gives earlier answers again: to the same request, to one that is under way, to a like question, and stale ones where the providers fail. A
 * client's `cache-control: no-store` keeps out of it, `no-cache` asks anew and renews. Only whole answers that no guard had touched are kept.
 */
export function cache(settings: CacheConfig, answers: AnswerCache, clock: Clock): Stage {
  const view = answers.view(settings);
  return (next) => async (call) => {
    const control = call.wire.headers["cache-control"] ?? "";
    if (/\bno-store\b/i.test(control) || call.guarded) return next(call);
    const request = new CachedRequest(call, next, view, clock);
    return /\bno-cache\b/i.test(control) ? request.ask(() => {}) : request.serve();
  };
}

class CachedRequest {
  readonly #call: Call;
  readonly #next: Handle;
  readonly #view: CacheView;
  readonly #clock: Clock;
  readonly #key: CacheKey;
  /** Not fresh, but better than an error. */
  #stale: { answer: StoredAnswer; ageMs: number } | null = null;

  constructor(call: Call, next: Handle, view: CacheView, clock: Clock) {
    this.#call = call;
    this.#next = next;
    this.#view = view;
    this.#clock = clock;
    this.#key = cacheKeyOf(call, view.settings);
  }

  async serve(): Promise<Reply> {
    const found = await this.#view.find(this.#key, this.#call.signal);
    if (found !== null && found.ageMs <= this.#view.settings.ttlMs) return this.#give(found.answer, { ...found, status: "hit" });
    this.#stale = found;
    return this.#view.settings.coalesceWaitMs === 0 ? this.ask(() => {}) : this.#joinOrAsk();
  }

  /** Goes to the providers. `land` is told how it came out, at the latest when the request ends. */
  async ask(land: (landing: Landing) => void): Promise<Reply> {
    this.#call.cache = miss;
    this.#call.onFinish(() => land({ kind: this.#call.signal.aborted ? "left" : "unshared" }));
    const reply = await this.#next(this.#call);
    if (reply.kind === "answer") return { ...reply, events: this.#kept(reply, land) };
    land({ kind: "unshared" });
    const isProviders = reply.outcome.kind === "failure" && !isCallerFault(reply.outcome.failure);
    if (!isProviders || this.#stale === null) return reply;
    return this.#give(this.#stale.answer, { status: "stale", kind: "exact", ageMs: this.#stale.ageMs, similarity: 1 });
  }

  async #joinOrAsk(): Promise<Reply> {
    const untilMs = Math.min(this.#clock.nowMs() + this.#view.settings.coalesceWaitMs, this.#call.deadlineMs);
    for (let waits = 0; waits < WAITS_MAX; waits++) {
      const place = this.#view.flights.enter(this.#key.exact);
      if (place.role === "leader") return this.ask(place.land);
      const landing = await landingOf(place.flight, { clock: this.#clock, untilMs, signal: this.#call.signal });
      if (landing.kind === "answer") return this.#give(landing.answer, { status: "hit", kind: "coalesced", ageMs: 0, similarity: 1 });
      if (landing.kind !== "left") break;
    }
    return this.ask(() => {});
  }

  #give(answer: StoredAnswer, report: CacheReport): Reply {
    const { status, kind, ageMs, similarity } = report;
    this.#call.cache = { status, kind, ageMs, similarity };
    return { kind: "answer", deployment: answer.deployment, model: answer.model, events: batchOf(eventsOfAnswer(answer)) };
  }

  /** Keeps the answer before its last event is out: the client may hang up as soon as it has that. */
  #kept(reply: Extract<Reply, { kind: "answer" }>, land: (landing: Landing) => void): Batches {
    const recording = new Recording();
    return watched(reply.events, (event) => {
      recording.take(event);
      if (event.type === "end") this.#keep(reply, recording, land);
    });
  }

  #keep({ deployment, model }: Extract<Reply, { kind: "answer" }>, recording: Recording, land: (landing: Landing) => void): void {
    const events = recording.whole();
    if (events === null || this.#call.guarded || this.#call.signal.aborted) return land({ kind: "unshared" });
    const answer: StoredAnswer = { deployment, model, events, storedAtMs: this.#clock.wallMs() };
    land({ kind: "answer", answer });
    this.#view.keep(this.#key, answer, this.#call.signal).catch(() => {});
  }
}

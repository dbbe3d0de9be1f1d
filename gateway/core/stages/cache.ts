import type { Outcome } from "../../../kernel/outcome.ts";
import type { Clock } from "../../../kernel/seams.ts";
import { type Batches, tapEvents } from "../batches.ts";
import { batchesOfAnswer, Recording } from "../cache/answer.ts";
import type { StoredAnswer } from "../cache/stored-answer.ts";
import type { AnswerCache, CacheView, Found } from "../cache/answer-cache.ts";
import { type CompleteFlight, type FlightRole, flightResult } from "../cache/flights.ts";
import { type CacheKey, cacheKeyOf } from "../cache/key.ts";
import type { CacheConfig } from "../cache/settings.ts";
import type { WarmUpHost } from "../cache/warm-up/warm-up-host.ts";
import { type CacheReport, coalesced, miss } from "../cache/report.ts";
import { longCacheKeyOf } from "../cache/long-key.ts";
import type { Call, Handle, Reply, Stage } from "../call.ts";
import type { GatewaySeams } from "../contracts.ts";
import { pausesOf } from "../pause.ts";
import { isCallerFault } from "../policies/failures.ts";

/** How often a request waits again because the client of the request that it waited for left. */
const WAITS_MAX = 8;

interface CacheStageSeams extends Pick<GatewaySeams, "clock" | "newDigest"> {
  readonly answers: AnswerCache;
  /** Records what is popular. Absent: nobody does. */
  readonly warmUps?: Pick<WarmUpHost, "asked" | "stored">;
}

/**
 * Answers from the cache: the same request, the same request in flight, a similar question, and stale answers where the
 * providers fail. A client's `cache-control: no-store` bypasses it, `no-cache` asks again and renews the entry. Only
 * whole answers that no guard touched are stored.
 */
export function cache(settings: CacheConfig, { answers, clock, newDigest, warmUps }: CacheStageSeams): Stage {
  const view = answers.view(settings);
  const recorder = settings.warmUp === null ? undefined : warmUps;
  return (next) => {
    const serve = (call: Call, key: CacheKey, asksAgain: boolean) => {
      const request = new CachedRequest(call, next, { view, clock, key, recorder });
      return asksAgain ? request.ask(() => {}) : request.serve();
    };
    const serveLong = async (call: Call, asksAgain: boolean) =>
      serve(call, await longCacheKeyOf(call, settings, { newDigest, pause: pausesOf(clock, call.signal) }), asksAgain);
    return (call) => {
      const cacheControl = call.wire.headers["cache-control"] ?? "";
      if (/\bno-store\b/i.test(cacheControl) || call.reports.guards !== undefined) return next(call);
      const asksAgain = /\bno-cache\b/i.test(cacheControl);
      return call.chat.source?.long === undefined ? serve(call, cacheKeyOf(call, settings), asksAgain) : serveLong(call, asksAgain);
    };
  };
}

/** Whether the providers failed, or are at their concurrency limits: not the caller's fault. */
function isProviderFault(outcome: Outcome): boolean {
  return outcome.kind === "failure" ? !isCallerFault(outcome.failure) : outcome.kind === "rejected" && outcome.by === "concurrency";
}

class CachedRequest {
  readonly #call: Call;
  readonly #next: Handle;
  readonly #view: CacheView;
  readonly #clock: Clock;
  readonly #key: CacheKey;
  readonly #recorder: CacheStageSeams["warmUps"];
  /** A stale answer, for use when the providers fail. */
  #stale: Found | null = null;

  constructor(call: Call, next: Handle, { view, clock, key, recorder }: { view: CacheView; clock: Clock; key: CacheKey; recorder: CacheStageSeams["warmUps"] }) {
    this.#call = call;
    this.#next = next;
    this.#view = view;
    this.#clock = clock;
    this.#key = key;
    this.#recorder = recorder;
  }

  serve(): Reply | Promise<Reply> {
    const found = this.#view.find(this.#key);
    return found instanceof Promise ? found.then((late) => this.#serveFound(late)) : this.#serveFound(found);
  }

  #serveFound(found: Found | null): Reply | Promise<Reply> {
    if (found !== null && found.ageMs <= this.#view.settings.ttlMs) return this.#answerFrom(found.answer, { status: "hit", kind: "exact", ageMs: found.ageMs, similarity: 1 });
    this.#stale = found;
    return this.#view.settings.coalesceWaitMs === 0 ? this.#lead({ role: "alone" }) : this.#joinOrLead();
  }

  /** Asks the providers. `complete` gets the result. */
  async ask(complete: CompleteFlight): Promise<Reply> {
    this.#call.reports.cache = miss;
    const reply = await this.#next(this.#call);
    if (reply.kind === "answer") return { ...reply, events: this.#recorded(reply, complete) };
    const isFailed = isProviderFault(reply.outcome);
    complete({ kind: isFailed ? "failed" : "unshared" });
    return isFailed && this.#stale !== null ? this.#answerStale(this.#stale) : reply;
  }

  #joinOrLead(): Promise<Reply> {
    const flight = this.#join();
    return flight.role === "follower" ? this.#follow(flight) : this.#lead(flight);
  }

  #join(): FlightRole {
    return this.#view.flights.join(this.#key.exact, this.#clock.nowMs(), this.#view.settings.coalesceWaitMs);
  }

  async #follow(first: FlightRole & { role: "follower" }): Promise<Reply> {
    const untilMs = Math.min(this.#clock.nowMs() + this.#view.settings.coalesceWaitMs, this.#call.beginUntilMs);
    let flight: FlightRole = first;
    for (let waits = 1; ; waits++) {
      if (flight.role !== "follower") return this.#lead(flight);
      const result = await flightResult(flight.flight, { clock: this.#clock, untilMs, signal: this.#call.signal });
      if (result.kind === "answer") return this.#answerFrom(result.answer, result.report);
      /** The providers were just asked for this very request, and failed after all retries. */
      if (result.kind === "failed" && this.#stale !== null) return this.#answerStale(this.#stale);
      if (result.kind !== "client_left" && result.kind !== "timed_out") break;
      if (this.#clock.nowMs() >= untilMs || waits === WAITS_MAX) break;
      flight = this.#join();
    }
    return this.ask(() => {});
  }

  /**
   * Leads for all requests that wait for it, so that one question is embedded once. They get the result at the latest
   * when this request ends.
   */
  #lead(flight: Exclude<FlightRole, { role: "follower" }>): Promise<Reply> {
    const complete = flight.role === "leader" ? flight.complete : () => {};
    this.#call.onFinish(() => complete({ kind: this.#call.signal.aborted ? "client_left" : "unshared" }));
    return this.#view.isSemantic && this.#stale === null ? this.#askUnlessSimilar(complete) : this.ask(complete);
  }

  async #askUnlessSimilar(complete: CompleteFlight): Promise<Reply> {
    const similar = await this.#view.findSimilar(this.#key, this.#call.signal);
    if (similar === null) return this.ask(complete);
    const report: CacheReport = { status: "hit", kind: "semantic", ageMs: similar.ageMs, similarity: similar.similarity };
    complete({ kind: "answer", answer: similar.answer, report });
    return this.#answerFrom(similar.answer, report);
  }

  /** The age counts from now, because finding out that the providers fail took time. */
  #answerStale({ answer }: Found): Reply {
    const ageMs = Math.max(0, this.#clock.wallMs() - answer.storedAtMs);
    return this.#answerFrom(answer, { status: "stale", kind: "exact", ageMs, similarity: 1 });
  }

  #answerFrom(answer: StoredAnswer, report: CacheReport): Reply {
    this.#call.reports.cache = report;
    this.#recorder?.asked(this.#call, this.#key);
    return { kind: "answer", deployment: answer.deployment, model: answer.model, events: batchesOfAnswer(answer) };
  }

  /** Stores the answer before its last event is sent: the client may hang up as soon as it has that. */
  #recorded(reply: Extract<Reply, { kind: "answer" }>, complete: CompleteFlight): Batches {
    const recording = new Recording((this.#call.chat.source?.untranslatable.length ?? 0) > 0);
    return tapEvents(reply.events, (event) => {
      recording.take(event);
      if (event.type === "end") this.#storeWhenWhole(reply, recording, complete);
    });
  }

  #storeWhenWhole({ deployment, model }: Extract<Reply, { kind: "answer" }>, recording: Recording, complete: CompleteFlight): void {
    const events = recording.whole();
    if (this.#call.signal.aborted) return complete({ kind: "client_left" });
    if (events === null || this.#call.reports.guards !== undefined) {
      return complete({ kind: "unshareable", uncoalescedUntilMs: this.#clock.nowMs() + this.#view.settings.coalesceWaitMs });
    }
    const answer: StoredAnswer = { deployment, model, events, storedAtMs: this.#clock.wallMs() };
    const stored = this.#view.store(this.#key, answer, this.#call.signal).catch(() => {});
    this.#recorder?.stored(this.#call, this.#key);
    /** In memory the answer is stored at once. */
    complete({ kind: "answer", answer, report: coalesced }, this.#view.settings.backend === "store" ? stored : undefined);
  }
}

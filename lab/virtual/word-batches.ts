import type { ResolvedConfig } from "../../gateway/config/resolve.ts";
import { wholeMicrosMs } from "../../kernel/clock-virtual.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { WordBatching, WordStream } from "../../simulators/core/contracts.ts";
import type { WordTimes } from "../load/core/word-times.ts";
import type { Quiet, QuietTimes } from "./quiet-times.ts";

/** A request of a client that is under way. */
interface Open {
  readonly sentMs: number;
  readonly untilMs: number;
  /** The links that it has passed so far, on whichever way. */
  readonly passed: string[];
  /** When nothing acts on its streams; null: not known since it passed the last link. */
  quiet: Quiet | null;
  /** The first stream for it. Another one may continue its answer, and then not all of its words are delivered. */
  stream: WordStream | null;
  /** When the words are due that are waited for. */
  dueMs: readonly number[];
  batch: Batch | null;
}

/** Words that were sent together at `atMs`: when each was due, and how many of them the client has read. */
interface Batch {
  readonly atMs: number;
  readonly dueMs: readonly number[];
  read: number;
}

export interface WordBatchesOptions {
  readonly clock: Clock;
  readonly quiet: Pick<QuietTimes, "of">;
  readonly configs: readonly ResolvedConfig[];
  /** How long a stream may be silent until somebody beside the gateways acts on that; Infinity: nobody does. */
  readonly silenceMsMax: number;
}

/**
 * Lets words of a stream travel together where nothing can act between them (decision 69). The simulator sends them
 * when the last of them is due, and the client learns here when each was due, so that its record is the same. The first
 * word travels alone, because limits, breakers and costs go by its time and by that of the last.
 */
export class WordBatches implements WordBatching, WordTimes {
  readonly #clock: Clock;
  readonly #quiet: Pick<QuietTimes, "of">;
  readonly #limits: Limits;
  readonly #open = new Map<string, Open>();

  constructor({ clock, quiet, configs, silenceMsMax }: WordBatchesOptions) {
    this.#clock = clock;
    this.#quiet = quiet;
    this.#limits = limitsOf(configs, silenceMsMax);
  }

  begin(requestId: string, untilMs: number): void {
    if (this.#limits.spanMs > 0) this.#open.set(requestId, { sentMs: this.#clock.nowMs(), untilMs, passed: [], quiet: null, stream: null, dueMs: [], batch: null });
  }

  /** A request with this id has come to the far end of a link. */
  passed(requestId: string, link: string): void {
    const open = this.#open.get(requestId);
    if (open === undefined || open.passed.includes(link)) return;
    open.passed.push(link);
    open.quiet = null;
  }

  nextMs(requestId: string): number {
    const nowMs = this.#clock.nowMs();
    const batch = this.#open.get(requestId)?.batch;
    if (batch == null || batch.atMs !== nowMs || batch.read === batch.dueMs.length) return nowMs;
    return batch.dueMs[batch.read++]!;
  }

  end(requestId: string): void {
    const open = this.#open.get(requestId);
    if (open === undefined) return;
    this.#open.delete(requestId);
    requireRead(requestId, open.batch);
  }

  next(stream: WordStream, from: number): number {
    const open = this.#open.get(stream.requestId);
    if (open === undefined) return from + 1;
    open.stream ??= stream;
    open.dueMs = open.stream === stream && from > 0 ? dueTimes(stream, from, { nowMs: this.#clock.nowMs(), horizonMs: this.#horizonMs(open, stream, from) }) : [];
    return from + Math.max(1, open.dueMs.length);
  }

  sent(stream: WordStream, count: number): void {
    const open = this.#open.get(stream.requestId);
    if (open === undefined || open.stream !== stream || open.dueMs.length < 2) return;
    requireRead(stream.requestId, open.batch);
    const atMs = this.#clock.nowMs();
    const { dueMs } = open;
    open.batch = { atMs, dueMs: dueMs.length === count ? dueMs : Array.from({ length: count }, (_, index) => dueMs[index] ?? atMs), read: 0 };
  }

  /** Before it nothing acts on the stream: neither the plan, nor a deadline of the client or of a gateway. */
  #horizonMs(open: Open, { arrivedMs, wordMs }: WordStream, from: number): number {
    const { sentMs, untilMs } = open;
    const quiet = (open.quiet ??= this.#quiet.of(open.passed));
    if (sentMs <= quiet.sinceMs()) return this.#clock.nowMs();
    const { spanMs, totalMs, graceMs, tokensPerSecondMin } = this.#limits;
    /** The gateway gives a slow stream up by the words that it has. They last so long. */
    const slowAtMs = arrivedMs + wordMs[0]! + Math.max(graceMs, (from * 1000) / tokensPerSecondMin);
    return Math.min(this.#clock.nowMs() + spanMs, quiet.untilMs(), untilMs, sentMs + totalMs, slowAtMs);
  }
}

/**
 * The times at which the words from `from` on would be sent, each when it is due, before the horizon. The clock's time
 * is in whole microseconds, so that several words may be due at once.
 */
function dueTimes({ arrivedMs, wordMs, count }: WordStream, from: number, { nowMs, horizonMs }: { nowMs: number; horizonMs: number }): readonly number[] {
  const times: number[] = [];
  for (let [index, atMs] = [from, nowMs]; index < count; ) {
    const dueMs = wordMs[index]!;
    if (atMs - arrivedMs < dueMs) atMs = Math.max(atMs, wholeMicrosMs(arrivedMs + dueMs));
    const elapsedMs = Math.max(dueMs, atMs - arrivedMs);
    const first = index;
    while (index < count && wordMs[index]! <= elapsedMs) index++;
    if (atMs >= horizonMs) break;
    for (let word = first; word < index; word++) times.push(atMs);
  }
  return times;
}

function requireRead(requestId: string, batch: Batch | null): void {
  if (batch === null || batch.read === batch.dueMs.length) return;
  throw new Error(`Request ${requestId}: ${batch.dueMs.length} words were sent together at ${batch.atMs} ms, and its client read ${batch.read} of them`);
}

interface Limits {
  /** 0: every word travels alone. */
  readonly spanMs: number;
  readonly totalMs: number;
  readonly graceMs: number;
  readonly tokensPerSecondMin: number;
}

/** The tightest limits. A guard may hold words back, and a planted defect may change them: then each travels alone. */
function limitsOf(configs: readonly ResolvedConfig[], silenceMsMax: number): Limits {
  const gateways = configs.map(({ gateway }) => gateway);
  const deadlines = gateways.map(({ policy }) => policy.deadlines);
  const changesWords = gateways.some(({ guards, defects }) => guards != null || defects.length > 0);
  return {
    spanMs: changesWords ? 0 : Math.min(silenceMsMax, ...deadlines.map(({ idleMs }) => idleMs), ...gateways.map(({ heartbeatMs }) => heartbeatMs ?? Infinity)),
    totalMs: Math.min(Infinity, ...deadlines.map(({ totalMs }) => totalMs ?? Infinity)),
    graceMs: Math.min(...deadlines.map(({ throughput }) => throughput.graceMs)),
    tokensPerSecondMin: Math.max(0, ...deadlines.map(({ throughput }) => throughput.tokensPerSecondMin)),
  };
}

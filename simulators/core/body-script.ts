import type { Usage } from "../../kernel/chat.ts";
import { TransportError, type Headers } from "../../kernel/transport.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { Attempt } from "./attempt.ts";
import type { Parts } from "./body.ts";
import type { ProviderDialect, ProviderFault, StreamEncoder, WholeResponse } from "./contracts.ts";
import type { Effect } from "./effects.ts";
import type { Schedule } from "./latency.ts";
import { cutAt, cutWhole } from "./relay.ts";
import type { Work } from "./work.ts";

/** Bytes that leave together, ms after the attempt's arrival. */
export interface Step {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  /** Words that are out with it. */
  readonly words: number;
}

/** What a spoiled body does: its steps, and whether it ends after them or falls silent. */
export interface BodyScript {
  readonly steps: readonly Step[];
  readonly then: "end" | "silence";
}

/** Nobody waits longer than this for a silent provider; then the connection is closed. */
const silenceMs = 900_000;
const keepAliveEveryMs = 1_000;
const dripEveryMs = 100;

/** An answer whose stream is to be spoiled. */
export interface SpoiledStream {
  readonly dialect: Pick<ProviderDialect, "keepAlive" | "malform">;
  readonly encoder: StreamEncoder;
  readonly pieces: readonly string[];
  readonly schedule: Schedule;
  readonly usage: Usage;
  /** What an in-band error says. */
  readonly fault: ProviderFault;
}

/** The script of a stream under an effect; null for an effect that leaves its events as they are. */
export function streamScript(stream: SpoiledStream, effect: Effect): BodyScript | null {
  const { dialect, encoder, pieces, schedule, fault } = stream;
  const at = cutAt(effect.place, pieces.length);
  switch (effect.kind) {
    case "malformed":
      return { steps: replaced(allSteps(stream), at + 1, (step) => [{ ...step, bytes: dialect.malform(step.bytes) }]), then: "end" };
    case "duplicated":
      return { steps: replaced(allSteps(stream), at + 1, (step) => [step, step]), then: "end" };
    case "reordered":
      return { steps: swapped(allSteps(stream), at, at + 1), then: "end" };
    case "keep_alive":
      return { steps: [opening(stream), ...keepAlives(dialect.keepAlive, schedule.acceptedMs)], then: "silence" };
    case "slow_drip":
      return { steps: dripped(allSteps(stream), effect.bytesPerSecond), then: "end" };
    case "error_mid_stream": {
      const steps = someSteps(stream, at);
      return { steps: [...steps, { atMs: schedule.wordMs[at]!, bytes: encoder.failure(fault), words: at }], then: "end" };
    }
    case "stall":
      return { steps: someSteps(stream, at), then: "silence" };
    case "clean_end":
      return { steps: someSteps(stream, at), then: "end" };
    default:
      return null;
  }
}

/** The script of a JSON answer, whole at `readyMs`, and its header lines; null for an effect that leaves it as it is. */
export function wholeScript(answer: WholeAnswer, effect: Effect): (BodyScript & { readonly headers: Headers }) | null {
  const { whole, pieces, readyMs, acceptedMs } = answer;
  const { body, headers } = whole;
  switch (effect.kind) {
    case "malformed": {
      const bytes = body.subarray(0, Math.ceil(body.length / 2));
      return { headers: { ...headers, "content-length": String(bytes.length) }, steps: [{ atMs: readyMs, bytes, words: 0 }], then: "end" };
    }
    case "keep_alive": {
      const { "content-length": _, ...rest } = headers;
      return { headers: rest, steps: keepAlives(utf8Bytes("\n"), acceptedMs), then: "silence" };
    }
    case "slow_drip":
      return { headers, steps: dripped([{ atMs: readyMs, bytes: body, words: pieces.length }], effect.bytesPerSecond), then: "end" };
    case "stall": {
      const { bytes, tokens } = cutWhole(body, pieces, cutAt(effect.place, pieces.length));
      return { headers, steps: [{ atMs: readyMs, bytes, words: tokens }], then: "silence" };
    }
    default:
      return null;
  }
}

/** A JSON answer that is to be spoiled. */
export interface WholeAnswer {
  readonly whole: WholeResponse;
  readonly pieces: readonly string[];
  readonly readyMs: number;
  readonly acceptedMs: number;
}

/** Plays a script. A step without bytes shows nothing and counts no words. */
export function* playScript(attempt: Attempt, { steps, then }: BodyScript): Parts {
  try {
    for (const [index, { atMs, bytes, words }] of steps.entries()) {
      yield* attempt.until(atMs);
      if (bytes.length === 0) continue;
      attempt.tokensSent = words;
      if (then === "end" && index === steps.length - 1) attempt.markHandedOver();
      yield bytes;
    }
    if (then === "silence") yield* silence(attempt);
    attempt.closeSent();
  } finally {
    attempt.callerGone();
  }
}

/** Nothing more, until the caller leaves or, long after, the connection is closed. */
export function* silence(attempt: Attempt): Work<never> {
  yield* attempt.until(attempt.elapsedMs + silenceMs);
  attempt.closeBroken();
  throw new TransportError("closed_early", "silent for too long");
}

function opening({ encoder, schedule }: SpoiledStream): Step {
  return { atMs: schedule.acceptedMs, bytes: encoder.opening(), words: 0 };
}

/** The opening and the first `count` pieces. */
function someSteps(stream: SpoiledStream, count: number): Step[] {
  const { encoder, pieces, schedule } = stream;
  const first = opening(stream);
  return [first, ...pieces.slice(0, count).map((piece, index) => ({ atMs: schedule.wordMs[index]!, bytes: encoder.piece(piece), words: index + 1 }))];
}

function allSteps(stream: SpoiledStream): Step[] {
  const { encoder, pieces, schedule, usage } = stream;
  const steps = someSteps(stream, pieces.length);
  return [...steps, { atMs: schedule.wordMs.at(-1)!, bytes: encoder.closing(usage), words: pieces.length }];
}

function replaced(steps: readonly Step[], at: number, by: (step: Step) => readonly Step[]): readonly Step[] {
  return steps.flatMap((step, index) => (index === at ? by(step) : [step]));
}

/** The bytes of two steps change places; their times do not. */
function swapped(steps: readonly Step[], first: number, second: number): readonly Step[] {
  const bytesAt = (index: number) => steps[index === first ? second : index === second ? first : index]!.bytes;
  return steps.map((step, index) => ({ ...step, bytes: bytesAt(index) }));
}

function keepAlives(bytes: Uint8Array | null, fromMs: number): readonly Step[] {
  if (bytes === null) return [];
  return Array.from({ length: silenceMs / keepAliveEveryMs }, (_, index) => ({ atMs: fromMs + (index + 1) * keepAliveEveryMs, bytes, words: 0 }));
}

/** The same bytes in small parts, each no earlier than it was, ten times a second at most. */
function dripped(steps: readonly Step[], bytesPerSecond: number): readonly Step[] {
  const size = Math.max(1, Math.round((bytesPerSecond * dripEveryMs) / 1000));
  const drops: Step[] = [];
  let atMs = 0;
  for (const step of steps) {
    for (let from = 0; from < step.bytes.length; from += size) {
      const bytes = step.bytes.subarray(from, from + size);
      atMs = Math.max(step.atMs, atMs + (bytes.length / bytesPerSecond) * 1000);
      const isLast = from + size >= step.bytes.length;
      drops.push({ atMs, bytes, words: isLast ? step.words : Math.max(0, step.words - 1) });
    }
  }
  return drops;
}

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

/** Bytes that are sent together, and when, in ms after the attempt's arrival. */
export interface Step {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  /** Words sent up to and including this step. */
  readonly words: number;
}

/** A spoiled body: its steps, and whether the stream then ends or stalls. */
export interface BodyScript {
  readonly steps: readonly Step[];
  readonly then: "end" | "silence";
}

/** A stalled connection is closed after this time. */
const silenceMs = 900_000;
const keepAliveEveryMs = 1_000;
const dripEveryMs = 100;

/** A streamed answer before an effect is applied. */
export interface SpoiledStream {
  readonly dialect: Pick<ProviderDialect, "keepAlive" | "malform">;
  readonly encoder: StreamEncoder;
  readonly pieces: readonly string[];
  readonly schedule: Schedule;
  readonly usage: Usage;
  /** The fault of an in-band error. */
  readonly fault: ProviderFault;
}

/** The script of a stream under an effect. Null for an effect that does not change its events. */
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

/** The script of a JSON answer, complete at `readyMs`, and its headers. Null for an effect that does not change it. */
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

/** A JSON answer before an effect is applied. */
export interface WholeAnswer {
  readonly whole: WholeResponse;
  readonly pieces: readonly string[];
  readonly readyMs: number;
  readonly acceptedMs: number;
}

/** Sends the steps of a script. A step without bytes is skipped. */
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

/** Stalls until the caller disconnects or the limit for silence is reached. */
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

/** Swaps the bytes of two steps, and not their times. */
function swapped(steps: readonly Step[], first: number, second: number): readonly Step[] {
  const bytesAt = (index: number) => steps[index === first ? second : index === second ? first : index]!.bytes;
  return steps.map((step, index) => ({ ...step, bytes: bytesAt(index) }));
}

function keepAlives(bytes: Uint8Array | null, fromMs: number): readonly Step[] {
  if (bytes === null) return [];
  return Array.from({ length: silenceMs / keepAliveEveryMs }, (_, index) => ({ atMs: fromMs + (index + 1) * keepAliveEveryMs, bytes, words: 0 }));
}

/** The same bytes in small parts, none earlier than before, at most ten parts a second. */
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

import { z } from "zod";
import type { RequestSelector } from "../../kernel/plan.ts";

/** Shapes of outages, as real ones had them: an outage of a scenario may give one instead of its phases. */
export const shapeKinds = [
  /** At its level from the first moment to the last. */
  "step",
  /** Hardly noticed at first, then steep (openai-2024-12-11-telemetry-k8s). */
  "delayed_ramp",
  /** Capacity is lost, and the level follows what demand there is above it (openai-2025-06-10-gpu-network). */
  "plateau",
  /** Group after group of clients recovers (anthropic-2026-06-05-staggered-by-model). */
  "staircase",
  /** Comes and goes (cloudflare-2025-11-18-bot-file). */
  "flapping",
  /** Over, and back again (openai-2024-06-04-db-connection-storm). */
  "two_waves",
  /** A cold cache comes back empty (openrouter-2026-02-17-auth-cache). */
  "worse_in_recovery",
  /** Called resolved, and back for longer (deepseek-2026-03-29-overnight). */
  "false_recovery",
  /** A low level for long (openai-seen-by-deepgram-2025-10). */
  "slow_burn",
  /** Slow, and nothing fails (the stall of openai-2024-12-04-530-then-30s-stall). */
  "latency_only",
  /** 200, and wrong (openai-2024-02-20-gibberish). */
  "silent_wrong",
] as const;

export type ShapeKind = (typeof shapeKinds)[number];

export const shapeSchema = z.strictObject({
  kind: z.enum(shapeKinds).describe("How it comes and goes: docs/scenarios.md"),
  lengthMs: z.int().min(1).describe("From its first to its last moment; a phase of it is played as at least 10 s"),
  level: z.number().gt(0).max(1).describe("Share of the requests that fail, or are answered wrong, at its worst"),
  latencyFactor: z.number().min(1).default(1).describe("At its worst"),
  addedLatencyMs: z.number().min(0).default(0).describe("At its worst"),
  parts: z.int().min(2).max(20).default(4).describe("Groups of a staircase, periods of flapping, steps of a plateau"),
});

export type Shape = z.infer<typeof shapeSchema>;

/**
 * A stretch of a shape. `part` of its length, `level` of its worst; a staircase hits fewer clients from one to the
 * next.
 */
interface Stretch {
  readonly part: number;
  readonly level: number;
  readonly clientShare?: number;
}

const half = (parts: number) => 1 / (2 * parts);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Load that rises and falls once, against capacity for 0.4 of its peak. */
const aboveCapacity = (at: number) => Math.max(0, Math.sin(Math.PI * at) - 0.4) / 0.6;

const stretches: Readonly<Record<ShapeKind, (parts: number) => readonly Stretch[]>> = {
  step: () => [{ part: 1, level: 1 }],
  delayed_ramp: () => [{ part: 0.25, level: 0.05 }, { part: 0.1, level: 0.35 }, { part: 0.1, level: 0.7 }, { part: 0.55, level: 1 }],
  plateau: (parts) => numbers(parts).map((index) => ({ part: 1 / parts, level: Math.max(0.05, aboveCapacity((index + 0.5) / parts)) })),
  staircase: (parts) => numbers(parts).map((index) => ({ part: 1 / parts, level: 1, clientShare: (parts - index) / parts })),
  flapping: (parts) => numbers(parts).flatMap(() => [{ part: half(parts), level: 1 }, { part: half(parts), level: 0 }]),
  two_waves: () => [{ part: 0.4, level: 1 }, { part: 0.25, level: 0 }, { part: 0.25, level: 0.9 }, { part: 0.1, level: 0.3 }],
  worse_in_recovery: () => [{ part: 0.35, level: 0.25 }, { part: 0.65, level: 1 }],
  false_recovery: () => [{ part: 0.2, level: 1 }, { part: 0.15, level: 0.06 }, { part: 0.65, level: 0.75 }],
  slow_burn: () => [{ part: 1, level: 1 }],
  latency_only: () => [{ part: 1, level: 1 }],
  silent_wrong: () => [{ part: 1, level: 1 }],
};

export interface ShapedPhase {
  readonly lengthMs: number;
  readonly errorRate: number;
  readonly wrongOutputRate: number;
  readonly latencyFactor: number;
  readonly addedLatencyMs: number;
  readonly select?: RequestSelector;
}

/**
 * The phases of a shape, one after the other, its whole length. A level between calm and worst has as much of the
 * latency.
 */
export function shapedPhases(shape: Shape): readonly ShapedPhase[] {
  const silent = shape.kind === "silent_wrong";
  const fails = !silent && shape.kind !== "latency_only";
  return stretches[shape.kind](shape.parts).map(({ part, level, clientShare }) => ({
    lengthMs: part * shape.lengthMs,
    errorRate: fails ? shape.level * level : 0,
    wrongOutputRate: silent ? shape.level * level : 0,
    latencyFactor: 1 + (shape.latencyFactor - 1) * level,
    addedLatencyMs: shape.addedLatencyMs * level,
    ...(clientShare === undefined || clientShare === 1 ? {} : { select: { clientShare } }),
  }));
}

import { z } from "zod";
import type { PlannedAction } from "../kernel/action.ts";
import { effectKinds } from "../kernel/effects.ts";
import type { Fault } from "../kernel/fault.ts";
import type { ActionRecord, CountedRecord, CanaryRecord, ClientRecord, FaultRecord, HandRecord, NoteRecord, TapHeader, TapTrailer, WireRecord } from "../kernel/records.ts";
import { actionShape, faultShape } from "./plan-shape.ts";
import type { ShapeOf } from "./shape-of.ts";

/**
 * The shapes of kernel/records.ts, checked at the door: a tap is written by what is being measured, or by a tool that
 * failed.
 */

const count = z.int().min(0);
const ms = z.number();

export const headerSchema = z.object({
  type: z.literal("header"),
  schema: z.literal("blastlab.tap/1"),
  tap: z.enum(["client", "wire", "canary", "counted", "faults", "actions", "notes", "hand"]),
  source: z.string(),
  run: z.string(),
  seed: z.number(),
  epochMs: ms,
} satisfies ShapeOf<TapHeader>);

export const trailerSchema = z.object({
  type: z.literal("trailer"),
  count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
} satisfies ShapeOf<TapTrailer>);

const usage = z.object({ inputTokens: count, outputTokens: count });

const clientEnds = ["complete", "refused", "connect_timeout", "reset", "closed_early", "timeout", "aborted", "stopped"] as const;

export const clientSchema = z.object({
  requestId: z.string(),
  arrival: count,
  team: z.string(),
  feature: z.string(),
  region: z.string(),
  route: z.string(),
  stream: z.boolean(),
  intendedMs: ms,
  sentMs: ms.nullable(),
  firstByteMs: ms.nullable().default(null),
  firstTokenMs: ms.nullable(),
  gapMsMax: ms.nullable().default(null),
  endMs: ms,
  end: z.enum([...clientEnds, "dropped"]),
  status: z.int().nullable(),
  terminal: z.boolean(),
  finishReason: z.string().nullable(),
  errorCode: z.string().nullable(),
  errorBody: z.string().max(4_000).optional(),
  text: z.string(),
  model: z.string().nullable(),
  claimedDeployment: z.string().nullable(),
  package: z.string().max(200).optional(),
  replica: z.string().max(200).optional(),
  bypass: z.string().max(200).optional(),
  usage: usage.nullable(),
  entry: z.string().optional(),
  tried: z.array(z.string()).max(16).optional(),
  earlierAttempts: z.array(z.object({ sentMs: ms, endMs: ms, end: z.enum(clientEnds), status: z.int().nullable() })).max(100).optional(),
  lastSentMs: ms.optional(),
} satisfies ShapeOf<ClientRecord>);

export const wireSchema = z.object({
  deployment: z.string(),
  link: z.string().optional(),
  requestId: z.string(),
  identity: z.enum(["header", "digest"]),
  ordinal: count,
  arrivedMs: ms,
  endedMs: ms,
  incident: z.string().nullable(),
  phase: z.int(),
  fate: z.enum(["answer", "error", "reset", "timeout", "truncate", "wrong"]),
  effect: z.enum(effectKinds).optional(),
  status: z.int().nullable(),
  stream: z.boolean(),
  answerId: z.string().nullable(),
  model: z.string(),
  digest: z.string().nullable(),
  inputTokens: count,
  cachedTokens: count.exactOptional(),
  tokensGenerated: count,
  tokensSent: count,
  load: z
    .object({
      queuedMs: ms,
      slowedMs: ms,
      refused: z.enum(["requests", "tokens", "input_tokens", "output_tokens", "acceleration", "pool", "queue_full", "queue_timeout"]).nullable(),
    })
    .exactOptional(),
  end: z.enum(["sent", "broken", "caller_gone"]),
} satisfies ShapeOf<WireRecord>);

export const canarySchema = z.object({
  probe: z.string(),
  route: z.string(),
  entry: z.string().optional(),
  sentMs: ms,
  endMs: ms,
  status: z.int().nullable(),
  ok: z.boolean(),
  failure: z.custom<NonNullable<CanaryRecord["failure"]>>((value) => typeof value === "string").nullable(),
  detail: z.string(),
} satisfies ShapeOf<CanaryRecord>);

export const countedSchema = z.object({
  atMs: ms,
  requestsTotal: z.number().min(0).nullable(),
  failuresTotal: z.number().min(0).nullable(),
  attemptsTotal: z.number().min(0).nullable(),
  openBreakers: z.array(z.string()),
  costUsd: z.record(z.string(), z.number()).exactOptional(),
  shown: z.literal(false).exactOptional(),
} satisfies ShapeOf<CountedRecord>);

export const faultSchema = z.object({
  fault: z.string(),
  action: z.enum(["injected", "lifted", "failed"]),
  plannedMs: ms,
  begunMs: ms.optional(),
  atMs: ms,
  detail: z.string(),
} satisfies ShapeOf<FaultRecord>);

/** As long as the live page lets a note be (lab/live/hand.ts). */
export const noteSchema = z.object({
  atMs: ms,
  text: z.string().min(1).max(2_000),
} satisfies ShapeOf<NoteRecord>);

export const handSchema = z.union([
  z.object({ fault: faultShape as unknown as z.ZodType<Fault> }),
  z.object({ step: actionShape as unknown as z.ZodType<PlannedAction> }),
]) satisfies z.ZodType<HandRecord>;

export const actionSchema = z.object({
  action: z.string(),
  outcome: z.enum(["done", "failed", "not_possible"]),
  plannedMs: ms,
  begunMs: ms,
  atMs: ms,
  detail: z.string().max(10_000),
} satisfies ShapeOf<ActionRecord>);

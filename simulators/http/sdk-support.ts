import { expect } from "vitest";
import type { PlannedEffect } from "../../kernel/effects.ts";
import type { PlannedPhase } from "../../kernel/plan.ts";
import { runProvider, type RunningProvider } from "./running-provider.ts";

/** For the tests that check the wire formats with official clients. These never retry, so that they see one attempt. */

/** Two marks and three words: the answer to `max_tokens` 3. */
export const marked = /^zq\w{56} y\w{8} y\w{8} y\w{8} zx\w{56}$/;

/** JSON Schemas with one string field for the words. */
export const weatherSchema = { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city", "days"], additionalProperties: false };
export const verdictSchema = { type: "object", properties: { sure: { type: "boolean" }, reason: { type: "string" } }, required: ["sure", "reason"], additionalProperties: false };

/** A provider whose run has begun, in one endless phase. */
export async function provide(deployment: Parameters<typeof runProvider>[1], phase: Partial<PlannedPhase> = {}): Promise<RunningProvider> {
  const provider = await runProvider([phase], deployment);
  await fetch(`${provider.url}/control/begin`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ epochMs: Date.now() - 1000 }) });
  return provider;
}

export const failing = (status: number | string): Partial<PlannedPhase> => ({ errorRate: 1, statusMix: { [status]: 1 } });

export const spoiling = (kind: PlannedEffect["kind"], more: Omit<PlannedEffect, "kind"> = {}): Partial<PlannedPhase> => ({ effects: [{ kind, ...more }] });

/** The error of a promise that must reject. */
export async function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("the promise did not reject"),
    (error: unknown) => error,
  );
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Reads a stream to its end or its error, and returns the events before it. */
export async function readUntilError<T>(items: AsyncIterable<T>): Promise<{ readonly items: readonly T[]; readonly error: unknown }> {
  const all: T[] = [];
  try {
    for await (const item of items) all.push(item);
  } catch (error) {
    return { items: all, error };
  }
  return { items: all, error: null };
}

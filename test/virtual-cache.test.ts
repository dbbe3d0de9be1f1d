import { expect, test } from "vitest";
import type { GatewayEvent } from "../gateway/core/events.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

/** The cache as the observer sees it, who knows nothing of it but that there is one. */
const cached = { "stack.gateway.cache.ttlMs": "60000", "stack.gateway.cache.semantic.threshold": "0.85", "stack.gateway.guards.pii.answers": "scrub" };

const reportsOf = (events: readonly GatewayEvent[]) => events.flatMap((event) => (event.type === "finished" && event.cache !== undefined ? [event.cache] : []));

test("runVirtual: with cache and guards on, the observer finds no wrong answer, the books balance, and fewer attempts than requests", async () => {
  const { verdict, events, records } = await playVirtually(planOf("healthy", cached));
  expect(verdict.verdict, verdict.reasons.join(" ")).toBe("held");
  expect(verdict.measures).toMatchObject({ blastRadius: { share: 0 }, wrongAnswers: 0 });
  expect(verdict.books, verdict.books.problems.join(" ")).toMatchObject({ balanced: true, unexplained: 0, orphanAttempts: 0 });
  const hits = reportsOf(events).filter(({ status }) => status === "hit");
  expect(hits.length).toBeGreaterThan(100);
  expect(records.wire.length).toBe(records.client.length + records.canary.length - hits.length);
});

/** So that most questions have been asked before the fault. */
const few = { "workload.prompts.distinct": "150", "workload.prompts.zipf": "0.8" };

test("runVirtual: while a cell's provider is down, stale answers keep part of its requests whole and none of them wrong", async () => {
  const without = await playVirtually(planOf("one-cell", { ...few, "stack.gateway.cache": "null" }));
  const stale = await playVirtually(planOf("one-cell", { ...few, "stack.gateway.cache.ttlMs": "2000", "stack.gateway.cache.staleIfErrorMs": "600000" }));
  const given = reportsOf(stale.events).filter(({ status }) => status === "stale");
  expect(given.length).toBeGreaterThan(20);
  expect(given.every(({ ageMs }) => ageMs > 2_000)).toBe(true);
  expect(stale.verdict.measures).toMatchObject({ wrongAnswers: 0, silentShare: 0 });
  expect(stale.verdict.measures!.badShare).toBeLessThan(without.verdict.measures!.badShare);
  expect(stale.verdict.books.balanced, stale.verdict.books.problems.join(" ")).toBe(true);
});

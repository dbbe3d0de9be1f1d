import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { GatewayEvent } from "../gateway/core/events.ts";
import { decodeWord, nameLetters } from "../kernel/mark.ts";
import type { ClientRecord } from "../kernel/records.ts";
import { shorterFlagship } from "./support/flagship.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 120_000 };
const sha256 = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

test("runVirtual: the flagship is held, its books balance, and the same seed gives the same bytes of records", slow, async () => {
  const first = await playVirtually(planOf("flagship", shorterFlagship));
  const again = await playVirtually(planOf("flagship", shorterFlagship));
  expect(first.verdict.verdict, first.verdict.reasons.join(" ")).toBe("held");
  expect(first.verdict.books).toMatchObject({ balanced: true, unexplained: 0, orphanAttempts: 0, sent: first.records.client.length });
  expect(sha256(first.records)).toBe(sha256(again.records));
  const other = await playVirtually(planOf("flagship", shorterFlagship, 2));
  expect(other.verdict.verdict, other.verdict.reasons.join(" ")).toBe("held");
  expect(sha256(other.records)).not.toBe(sha256(first.records));
});

test("runVirtual: without failover and retries the flagship deviates, and the observer says by how much", slow, async () => {
  const { verdict } = await playVirtually(planOf("flagship", { ...shorterFlagship, "stack.gateway.policy.failover": "false", "stack.gateway.policy.retry.attemptsMax": "1" }));
  expect(verdict.verdict).toBe("deviated");
  expect(verdict.measures!.blastRadius!.share).toBeGreaterThan(0.1);
  expect(verdict.books.balanced, verdict.books.problems.join(" ")).toBe(true);
});

test("runVirtual: a healthy run has a blast radius of exactly 0", slow, async () => {
  const { verdict } = await playVirtually(planOf("healthy"));
  expect(verdict.verdict, verdict.reasons.join(" ")).toBe("held");
  expect(verdict.measures).toMatchObject({ blastRadius: { share: 0, evidence: [0, 0] }, badWindowShare: [0, 0] });
});

test("runVirtual: one cell down for 40 s gives the blast radius and the bad-window share computed by hand", slow, async () => {
  // A cache would answer some of them.
  const resolved = planOf("one-cell", { "stack.gateway.cache": "null" });
  const { plan, arrivals } = resolved;
  const { verdict } = await playVirtually(resolved);
  const { faultFromMs, endMs } = plan.timeline;
  const exposed = arrivals.filter(({ atMs }) => atMs >= faultFromMs && atMs < endMs);
  const hit = exposed.filter(({ team, atMs }) => team === "labs" && atMs < faultFromMs + 40_000);
  const byHand = hit.length / exposed.length;
  const oneUnitWindow = Math.max(...[0, 1, 2, 3].map((window) => hit.filter(({ atMs }) => Math.floor((atMs - faultFromMs) / 10_000) === window).length)) / exposed.length;
  const [low, high] = verdict.measures!.badWindowShare;
  expect(Math.abs(low - byHand)).toBeLessThanOrEqual(oneUnitWindow);
  expect(Math.abs(high - byHand)).toBeLessThanOrEqual(oneUnitWindow);
  const { share, demand } = verdict.measures!.blastRadius!;
  const offered = arrivals.filter(({ atMs }) => atMs >= faultFromMs && atMs < faultFromMs + 40_000).length;
  expect(demand).toBe(offered);
  expect(Math.abs(share - hit.length / offered)).toBeLessThan(0.01);
  expect(verdict.measures!.containment).toBe(1);
  expect(verdict.unitWindows.filter(({ state, fromMs }) => state === "bad" && fromMs >= faultFromMs).map(({ cell }) => cell)).toEqual(Array(4).fill("labs/trial/local"));
  expect(verdict.books.balanced).toBe(true);
});

const openMarks = ({ text }: ClientRecord) => text.split(" ").map(decodeWord).flatMap((word) => (word?.kind === "open" ? [word.mark] : []));

test.each(["true", "false"])("runVirtual: every answer by another model is found and no other, contract check %s: provider-contaminates", slow, async (contractCheck) => {
  const resolved = planOf("provider-contaminates", { "stack.gateway.contractCheck": contractCheck, "faults.0.phases.0.wrongOutputRate": "0.02" });
  const { verdict, records } = await playVirtually(resolved);
  const own = new Map(resolved.plan.deployments.map(({ name, model }) => [nameLetters(name), nameLetters(model)]));
  const contaminated = records.client.filter((record) => openMarks(record).some((mark) => own.get(mark.deployment) !== mark.model));
  expect(records.wire.filter(({ fate }) => fate === "wrong").length).toBeGreaterThan(10);
  expect(contaminated.length > 0).toBe(contractCheck === "false");
  expect(verdict.wrong.map(({ requestId }) => requestId).sort()).toEqual(contaminated.map(({ requestId }) => requestId).sort());
  expect(verdict.verdict).toBe(contractCheck === "true" ? "held" : "deviated");
  expect(verdict.books.balanced, verdict.books.problems.join(" ")).toBe(true);
});

const touched = (events: readonly GatewayEvent[]) => events.flatMap((event) => (event.type === "defect_applied" ? event.requestIds : []));

test.each(["true", "false"])("runVirtual: every mixed-up answer is found and no other, contract check %s: gateway-sick", slow, async (contractCheck) => {
  const { verdict, records, events } = await playVirtually(planOf("gateway-sick", { "stack.gateway.contractCheck": contractCheck }));
  const delivered = new Set(records.client.filter(({ status, text }) => status === 200 && text !== "").map(({ requestId }) => requestId));
  const mixed = [...new Set(touched(events))].filter((id) => delivered.has(id)).sort();
  expect(mixed.length).toBeGreaterThan(5);
  expect(verdict.wrong.map(({ requestId }) => requestId).sort()).toEqual(mixed);
  expect(verdict.verdict).toBe("deviated");
});

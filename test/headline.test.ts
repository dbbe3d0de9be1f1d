import { expect, test } from "vitest";
import { neverSignal } from "../kernel/signal.ts";
import type { Verdict } from "../kernel/verdict.ts";
import { playResolved } from "../lab/conductor/virtual/play.ts";
import { planOf } from "./support/virtual.ts";

const slow = { timeout: 240_000 };

/** One seed by default: `npm run headline` plays 20 with a tenant down, and 40 healthy ones. */
const seeds = Array.from({ length: Number(process.env["BLASTLAB_HEADLINE_SEEDS"] ?? 1) }, (_, index) => index + 1);

async function verdictOf(scenario: string, sets: Readonly<Record<string, string>>, seed: number, stack = "one-process"): Promise<Verdict> {
  const { verdict } = await playResolved(planOf(scenario, sets, seed, stack), { onProgress: () => {}, signal: neverSignal });
  return verdict;
}

/** 50 tenants at 50 requests a second in all; the last has a provider of its own. */
const slo = { firstTokenMs: 8_000, totalMs: 20_000 };
const tenants = Array.from({ length: 50 }, (_, index) => ({ team: `tenant-${index}`, feature: "chat", route: index === 49 ? "experiment" : "assistant", slo }));
const fifty = { "workload.cells": JSON.stringify(tenants), "workload.requestsPerSecond": "50", "workload.prompts.distinct": "20", "timeline.steadyMs": "10000", "stack.gateway.cache": "null" };
const lonelyTenant = "tenant-49/chat/local";

test.each(seeds)("headline: one tenant of 50 that is wholly down is named, as reached and as worst hit, with its recovery: seed %i", slow, async (seed) => {
  const { verdict, reasons, measures } = await verdictOf("one-cell", { ...fifty, expectations: JSON.stringify([{ measure: "blastRadius", atMost: 1 }]) }, seed);
  expect(verdict, reasons.join(" ")).toBe("held");
  const { blastRadius, reach, containment, depth } = measures!;
  expect(reach.cells.hit.map(({ cell }) => cell)).toEqual([lonelyTenant]);
  const [worst] = reach.cells.hit;
  expect(worst!.bad).toBeGreaterThan(10);
  expect(worst!.detectionMs).toBeLessThan(15_000);
  expect(worst!.recoveryMs).toBeLessThan(5_000);
  expect(measures!.detectionMs).toBeNull();
  /** By hand a fiftieth of the demand. */
  expect(Math.abs(blastRadius!.share - 1 / 50)).toBeLessThan(0.015);
  expect({ containment, depth: depth > 0.5 }).toEqual({ containment: 1, depth: true });
});

test.each(seeds.length === 1 ? seeds : seeds.flatMap((seed) => [seed, seed + 100]))("headline: in a healthy run nobody is named, of 50 tenants or of their 600 clients: seed %i", slow, async (seed) => {
  const { verdict, reasons, measures } = await verdictOf("healthy", { ...fifty, "workload.cells": JSON.stringify(tenants.map((cell) => ({ ...cell, route: "assistant" }))) }, seed);
  expect(verdict, reasons.join(" ")).toBe("held");
  expect(measures!.reach).toMatchObject({ cells: { of: 50, share: [0, 0], hit: [] }, clients: { share: [0, 0], hit: [] } });
});

test("headline: the blast radius is the same whether the recovery is watched for 42 s or for 450 s, and the bad-window share is not", slow, async () => {
  const watched = async (recoveryMs: string) => {
    const sets = { "workload.requestsPerSecond": "4", "timeline.recoveryMs": recoveryMs, "measure.control": "paired", "measure.requestsMin": "8" };
    return (await verdictOf("gateway-sick", sets, 1)).measures!;
  };
  const [short, long] = [await watched("42000"), await watched("450000")];
  expect(short.blastRadius!.share).toBeGreaterThan(0.1);
  expect(Math.abs(long.blastRadius!.share / short.blastRadius!.share - 1)).toBeLessThan(0.01);
  expect(long.badWindowShare[1]).toBeLessThan(0.5 * short.badWindowShare[0]);
});

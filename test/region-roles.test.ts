import { expect, test } from "vitest";
import type { GatewayEvent } from "../gateway/core/events.ts";
import type { ClientRecord } from "../kernel/records.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 120_000 };

/** One gateway, which calls nothing but its providers, its control plane and its vault. Faults from 23 s on. */
const planWith = (faults: readonly object[], sets: Readonly<Record<string, string>> = {}) =>
  planOf("gateway-dead", { faults: JSON.stringify(faults), "stack.control": "{}", "stack.vault": "{}", "workload.requestsPerSecond": "8", ...sets }, undefined, "naive");

const dead = (role: string, lengthMs: number) => ({ kind: "process", action: "kill", target: { role }, lengthMs });
const restart = (atMs: number) => ({ kind: "process", action: "restart", target: { role: "gateway" }, fromMs: atMs });

const packagesOf = (events: readonly GatewayEvent[]) => new Set(events.flatMap((event) => (event.type === "finished" ? [event.package?.replace(/@.*/, "")] : [])));
const failedFrom = (records: readonly ClientRecord[], fromMs: number) => records.filter(({ sentMs, end, status }) => sentMs! >= fromMs && (end !== "complete" || status !== 200));

test("runVirtual: the first configuration of a region is version 1, from the first request on", slow, async () => {
  const { events, records } = await playVirtually(planWith([]));
  expect(packagesOf(events)).toEqual(new Set(["1"]));
  expect(failedFrom(records.client, 0)).toEqual([]);
});

test("runVirtual: without its control plane and its vault a gateway serves, and a restarted one begins with what is on its disk", slow, async () => {
  const { events, records } = await playVirtually(planWith([dead("control", 30_000), dead("vault", 30_000), restart(10_000)]));
  const [, , restarted] = records.faults;
  expect(restarted).toMatchObject({ fault: "restart-gateway", action: "injected", atMs: 33_000 });
  expect(failedFrom(records.client, 0).map(({ end }) => end).every((end) => end === "refused" || end === "reset")).toBe(true);
  expect(failedFrom(records.client, 34_000)).toEqual([]);
  expect(packagesOf(events)).toEqual(new Set(["1"]));
});

test("runVirtual: a gateway whose leases have no grace fails when its vault is away for longer than they last", slow, async () => {
  const { records } = await playVirtually(planWith([dead("vault", 30_000)], { "stack.vault": "{ settings: { leaseMs: 5000, graceMs: 0 } }" }));
  const late = records.client.filter(({ sentMs }) => sentMs! > 30_000 && sentMs! < 52_000);
  const asked = late.filter(({ status }) => status !== 200);
  expect(asked.length).toBeGreaterThan(20);
  expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([503]));
  expect(failedFrom(records.client, 60_000)).toEqual([]);
});

test("runVirtual: a control plane and a vault that are silent change nothing either", slow, async () => {
  const silent = (role: string) => ({ kind: "process", action: "pause", target: { role }, lengthMs: 30_000 });
  const { records } = await playVirtually(planWith([silent("control"), silent("vault"), restart(10_000)]));
  expect(failedFrom(records.client, 34_000)).toEqual([]);
});

test("resolvePlan: a whole region has its control plane and its vault in it, which only its own gateways call", () => {
  const { plan } = planOf("region-loss", {}, undefined, "hardened");
  expect(plan.faults[0]!.target.components).toEqual(["edge-a", "gateway-a-1", "gateway-a-2", "control-a", "vault-a"]);
  const callersOf = (id: string) => plan.links.filter(({ to }) => to === id).map(({ from }) => from);
  expect([callersOf("control-b"), callersOf("vault-b")]).toEqual([["gateway-b-1", "gateway-b-2"], ["gateway-b-1", "gateway-b-2", "control-b"]]);
});

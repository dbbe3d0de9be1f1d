import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClientRecord } from "../kernel/records.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 240_000 };

/** `gateway-dead` with these faults, from 23 s on, in place of its own. */
const withFaults = (faults: readonly object[], sets: Readonly<Record<string, string>> = {}, stack = "naive") => planOf("gateway-dead", { faults: JSON.stringify(faults), ...sets }, undefined, stack);

/** With a kill of the gateway's process, or a fault of that kind with other fields. */
const withProcess = (fields: object, sets: Readonly<Record<string, string>> = {}, stack = "naive") =>
  withFaults([{ kind: "process", action: "kill", target: { role: "gateway" }, ...fields }], sets, stack);

const sentWithin = (records: readonly ClientRecord[], fromMs: number, toMs: number) => records.filter(({ sentMs }) => sentMs! >= fromMs && sentMs! < toMs);

test("process: while the gateway is dead every request is refused, what was under way is reset, and it serves again after its boot", slow, async () => {
  const { verdict, records } = await playVirtually(withProcess({ lengthMs: 10_000 }));
  const [injected, lifted] = records.faults;
  expect(injected).toMatchObject({ action: "injected", atMs: 23_000 });
  expect(lifted).toMatchObject({ action: "lifted", plannedMs: 33_000, atMs: 34_000 });
  expect(new Set(sentWithin(records.client, 23_000, 34_000).map(({ end }) => end))).toEqual(new Set(["refused"]));
  const underWay = records.client.filter(({ sentMs, endMs }) => sentMs! < 23_000 && endMs >= 23_000);
  expect(underWay.length).toBeGreaterThan(10);
  expect(new Set(underWay.map(({ end, endMs }) => `${end} ${endMs}`))).toEqual(new Set(["reset 23000"]));
  expect(sentWithin(records.client, 34_000, Infinity).every(({ status }) => status === 200)).toBe(true);
  expect(verdict.books.balanced, verdict.books.problems.join(" ")).toBe(true);
});

test("process: the observer's probes are refused while it is dead, and answered before and after", slow, async () => {
  const { records } = await playVirtually(withProcess({ lengthMs: 10_500 }));
  const [route] = withProcess({ lengthMs: 10_500 }).plan.routes;
  const failures = records.canary.map(({ probe, sentMs, failure }) => [probe, sentMs / 1_000, failure]);
  expect(failures.slice(0, 2)).toEqual([[`canary-${route!.name}-0`, 0, null], [`canary-${route!.name}-1`, 2, null]]);
  expect(failures.filter(([, , failure]) => failure !== null)).toEqual([24, 26, 28, 30, 32, 34].map((atS) => [`canary-${route!.name}-${atS / 2}`, atS, "refused"]));
});

test("process: its metrics cannot be read while it is dead, and begin again at nothing", slow, async () => {
  const { records } = await playVirtually(withProcess({ lengthMs: 10_500 }));
  const at = (atMs: number) => records.counted.find((record) => record.atMs === atMs)!.requestsTotal;
  expect(at(22_000)).toBeGreaterThan(300);
  expect(records.counted.filter(({ requestsTotal }) => requestsTotal === null).map(({ atMs }) => atMs)).toEqual([24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34].map((s) => s * 1_000));
  expect(at(35_000)).toBeLessThan(40);
});

test("process: a paused gateway is silent, and goes on where it was", slow, async () => {
  const { verdict, records } = await playVirtually(withProcess({ action: "pause", lengthMs: 10_000 }, {}, "one-process"));
  expect(records.client.filter(({ endMs }) => endMs > 23_000 && endMs < 33_000)).toEqual([]);
  const waited = records.client.filter(({ sentMs, endMs }) => sentMs! < 33_000 && endMs >= 33_000);
  expect(waited.length).toBeGreaterThan(150);
  expect(waited.filter(({ end }) => end !== "complete")).toEqual([]);
  // What nobody read could not come to its end by itself: the providers sent it all, into the buffers.
  expect(records.wire.filter(({ arrivedMs, endedMs }) => arrivedMs < 23_000 && endedMs > 30_000)).toEqual([]);
  expect(verdict.books.balanced, verdict.books.problems.join(" ")).toBe(true);
});

test("process: a restart is dead for as long as the stack takes to boot, and forgets its cache", slow, async () => {
  const boots = { "stack.bootMs": "2500", "workload.prompts": "{ distinct: 10, zipf: 0 }" };
  const { records } = await playVirtually(withProcess({ action: "restart" }, boots));
  expect(records.faults.map(({ action, atMs }) => `${action} ${atMs}`)).toEqual(["injected 23000", "lifted 25500"]);
  const reused = (fromMs: number, toMs: number) => {
    const attempted = new Set(records.wire.map(({ requestId }) => requestId));
    const sent = sentWithin(records.client, fromMs, toMs).filter(({ status }) => status === 200);
    return sent.filter(({ requestId }) => !attempted.has(requestId)).length / sent.length;
  };
  expect(reused(15_000, 23_000)).toBeGreaterThan(0.95);
  expect(reused(25_500, 26_500)).toBeLessThan(0.8);
});

test("process: a gateway that needs 5 s to start again, as its stack states, is judged, and the slow start is its own damage", slow, async () => {
  const resolved = withProcess({ lengthMs: 10_000 }, { "stack.bootMs": "5000" });
  const { verdict, records } = await playVirtually(resolved);
  expect(records.faults.map(({ action, begunMs, atMs }) => [action, begunMs, atMs])).toEqual([["injected", 23_000, 23_000], ["lifted", 33_000, 38_000]]);
  expect(resolved.plan.faults[0]!.startsWithinMs).toBe(15_000);
  expect(verdict.verdict).toBe("deviated");
  expect(verdict.measures!.recoveryMs).toBeGreaterThanOrEqual(5_000);
  expect(sentWithin(records.client, 33_000, 38_000).every(({ end }) => end === "refused")).toBe(true);
});

test("process: a provider that dies breaks its attempts off, and the gateway fails over", slow, async () => {
  const { verdict, records } = await playVirtually(withProcess({ target: { role: "provider", deployment: "primary" }, lengthMs: 10_000 }));
  expect(records.wire.filter(({ end, endedMs }) => end === "broken" && endedMs === 23_000).length).toBeGreaterThan(5);
  expect(records.wire.filter(({ deployment, arrivedMs }) => deployment === "primary" && arrivedMs > 23_000 && arrivedMs < 34_000)).toEqual([]);
  expect(sentWithin(records.client, 23_000, 33_000).every(({ status }) => status === 200)).toBe(true);
  expect(verdict.books.balanced, verdict.books.problems.join(" ")).toBe(true);
});

test("process: a gateway that starts while a defect is in force has it again", slow, async () => {
  const restart = { kind: "process", action: "restart", target: { role: "gateway" }, fromMs: 5_000 };
  const { records } = await playVirtually(withFaults([restart, { kind: "defect", defect: "fail", lengthMs: 15_000 }]));
  const statuses = (fromMs: number, toMs: number) => new Set(sentWithin(records.client, fromMs, toMs).map(({ status }) => status));
  expect(statuses(23_000, 28_000)).toEqual(new Set([500]));
  expect(statuses(28_000, 29_000)).toEqual(new Set([null]));
  expect(statuses(29_000, 38_000)).toEqual(new Set([500]));
  expect(statuses(38_000, 60_000)).toEqual(new Set([200]));
});

test("process: a client keeps to its gateway, so that one of two that dies is lost to its own clients alone", slow, async () => {
  const resolved = withProcess({ target: { role: "gateway", replica: 1 }, lengthMs: 10_000 }, { "stack.replicas": "2" });
  const { records } = await playVirtually(resolved);
  const clients = Map.groupBy(sentWithin(records.client, 23_000, 34_000), ({ arrival }) => resolved.arrivals[arrival]!.client);
  const lost = [...clients.values()].map((requests) => requests.filter(({ end }) => end === "refused").length / requests.length);
  expect(new Set(lost)).toEqual(new Set([0, 1]));
  expect(lost.filter((share) => share === 1).length / lost.length).toBeGreaterThan(0.25);
  expect(lost.filter((share) => share === 0).length / lost.length).toBeGreaterThan(0.25);
});

const shared = { "stack.store": "redis", "stack.replicas": "2", "stack.gateway.limits": "{ rules: [{ team: support, windowMs: 3600000, requests: 40 }] }" };

test("dependency: gateways share their region's store, and count on their own while it is down", slow, async () => {
  const down = { kind: "dependency", role: "store", state: "down", lengthMs: 10_000 };
  const { records, events } = await playVirtually(withFaults([down], shared));
  // The observer probes as a client of the first cell.
  const supported = [...records.client.filter(({ team }) => team === "support"), ...records.canary];
  expect(supported.filter(({ status }) => status === 200)).toHaveLength(40);
  const changes = events.flatMap((event) => (event.type === "store_changed" ? [`${event.to} ${Math.floor(event.atMs / 1_000)}`] : []));
  expect(changes.filter((change) => change.startsWith("local"))).not.toEqual([]);
  expect(changes.at(-1)).toMatch(/^shared 3[3-9]$/);
  expect(records.client.filter(({ team, status }) => team !== "support" && status !== 200)).toEqual([]);
});

test.each([
  ["a memory limit", { action: "memory_limit", memoryMb: 64, lengthMs: 1_000 }, {}, "memory is not simulated"],
  ["a fault at the collector", { target: { role: "collector" }, lengthMs: 1_000 }, { "stack.collector": "true" }, "traces are exported by the live gateway's process"],
  ["a gateway of the user's own", { target: { role: "provider", deployment: "primary" }, lengthMs: 1_000 }, { "stack.gateway": "{}", "stack.vault": "null", "stack.external": "{ url: 'http://127.0.0.1:9', linkPorts: { primary: 1, fallback: 2 } }" }, "the gateway at http://127.0.0.1:9 is a process that only exists live"],
  ["a provider that only exists live", { lengthMs: 1_000 }, { "deployments.0.url": "http://127.0.0.1:9" }, 'deployment "primary" is a provider that only exists live'],
])("runVirtual: %s is refused with the reason before anything runs", async (_, fields, sets, reason) => {
  await expect((async () => playVirtually(withProcess(fields, sets)))()).rejects.toMatchObject({ exit: "refused", code: "virtual_unsupported", message: expect.stringContaining(reason) });
});

test("resolveRun: two faults that would act on one process at once are refused", () => {
  const kill = { kind: "process", action: "kill", target: { role: "gateway" }, lengthMs: 10_000 };
  const pauseAt = (fromMs: number) => ({ kind: "process", action: "pause", target: { role: "gateway" }, fromMs, lengthMs: 1_000 });
  for (const fromMs of [0, 5_000, 10_000, 11_000]) {
    expect(() => withFaults([kill, pauseAt(fromMs)])).toThrow(expect.objectContaining({ exit: "refused", code: "faults_overlap" }) as Error);
  }
  expect(withFaults([kill, pauseAt(11_001)]).plan.faults).toHaveLength(2);
});

const struck = fc.constantFrom(
  { role: "gateway", replica: 1 },
  { role: "gateway", replica: 2 },
  { role: "provider", deployment: "primary" },
  { role: "provider", deployment: "fallback" },
  { role: "store" },
);

/** One fault after another on each process, anywhere between. */
const faultsOn = fc
  .array(fc.record({ target: struck, action: fc.constantFrom("kill", "pause", "restart"), gapMs: fc.integer({ min: 501, max: 3_000 }), lengthMs: fc.integer({ min: 1, max: 6_000 }) }), { minLength: 1, maxLength: 8 })
  .map((steps) => {
    const freeFromMs = new Map<string, number>();
    return steps.map(({ target, action, gapMs, lengthMs }) => {
      const fromMs = (freeFromMs.get(JSON.stringify(target)) ?? 0) + gapMs;
      const length = action === "restart" ? {} : { lengthMs };
      freeFromMs.set(JSON.stringify(target), fromMs + (action === "restart" ? 0 : lengthMs));
      return { kind: "process", action, target, fromMs, ...length };
    });
  });

const small = {
  "stack.replicas": "2",
  "stack.bootMs": "500",
  "stack.store": "redis",
  "stack.gateway.limits": "{ rules: [{ team: '*', windowMs: 60000, requests: 100000 }] }",
  "stack.gateway.cache.backend": "store",
  "workload.requestsPerSecond": "8",
  "workload.maxTokens": "{ median: 10, sigma: 0.2, min: 8, max: 16 }",
  timeline: "{ warmupMs: 0, steadyMs: 2000, recoveryMs: 3000 }",
};

test("process: whatever dies, pauses and starts, every request ends, the books balance, and the same seed gives the same records", slow, async () => {
  await fc.assert(
    fc.asyncProperty(faultsOn, fc.constantFrom("naive", "one-process"), async (faults, stack) => {
      const resolved = withFaults(faults, { ...small, ...(stack === "one-process" && { "stack.gateway.cache": "{ backend: store }" }) }, stack);
      const { verdict, records } = await playVirtually(resolved);
      expect(records.client.map(({ arrival }) => arrival).toSorted((a, b) => a - b)).toEqual(resolved.arrivals.map(({ index }) => index));
      expect(verdict.books.problems).toEqual([]);
      expect(records.faults.filter(({ action }) => action === "failed")).toEqual([]);
      expect((await playVirtually(resolved)).records).toEqual(records);
    }),
    { numRuns: 25 },
  );
});

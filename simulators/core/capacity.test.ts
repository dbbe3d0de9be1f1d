import fc from "fast-check";
import { expect, test } from "vitest";
import type { CapacitySettings } from "../../kernel/capacity.ts";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { Canceller, neverSignal } from "../../kernel/signal.ts";
import { Capacity, type SlotResult } from "./capacity.ts";
import { dailyFactor } from "./capacity-day.ts";
import { roomy } from "./capacity-examples.ts";
import { coldFactor, restartsOf } from "./cold-start.ts";
import { incidentOf } from "./examples.ts";
import { prefillMs, PromptCache } from "./prefill.ts";

function capacityOf(settings: Partial<CapacitySettings> = {}) {
  const clock = new VirtualClock();
  return { clock, capacity: new Capacity({ clock, settings: { ...roomy, ...settings }, incidents: [] }) };
}

/** Enters at `atMs` and holds the slot for `holdMs`. Records the result and its time. */
function visit({ clock, capacity }: ReturnType<typeof capacityOf>, atMs: number, holdMs: number, signal = neverSignal): Promise<{ place: SlotResult["kind"] | "left"; atMs: number }> {
  return new Promise((resolve) => {
    clock.at(atMs, () => {
      capacity.enter({ serviceMs: holdMs, signal }).then(
        (place) => {
          if (place.kind === "slot") clock.at(clock.nowMs() + holdMs, place.release);
          resolve({ place: place.kind, atMs: clock.nowMs() });
        },
        () => resolve({ place: "left", atMs: clock.nowMs() }),
      );
    });
  });
}

test("Capacity: slots, then a queue in order of arrival, then a refusal", async () => {
  const world = capacityOf();
  const visits = Promise.all([0, 1, 2, 3, 4].map((atMs) => visit(world, atMs, 100)));
  await world.clock.run();
  expect(await visits).toEqual([
    { place: "slot", atMs: 0 },
    { place: "slot", atMs: 1 },
    { place: "slot", atMs: 100 },
    { place: "slot", atMs: 101 },
    { place: "full", atMs: 4 },
  ]);
  expect(world.capacity.load).toEqual({ busy: 0, waiting: 0 });
});

test("Capacity: a request that waits too long is refused, and its place is free", async () => {
  const world = capacityOf({ slots: 1, queueMax: 1, queueMsMax: 50 });
  const visits = Promise.all([visit(world, 0, 200), visit(world, 10, 1), visit(world, 70, 1), visit(world, 160, 1)]);
  await world.clock.run();
  expect((await visits).map(({ place, atMs }) => [place, atMs])).toEqual([["slot", 0], ["expired", 60], ["expired", 120], ["slot", 200]]);
});

test.each([["stops", 100], ["runs_on", 180]] as const)("Capacity: the work of a caller that disconnected %s: the next gets its slot at %i ms", async (abandoned, nextAtMs) => {
  const world = capacityOf({ slots: 1, abandoned });
  const canceller = new Canceller();
  const visits = Promise.all([visit(world, 0, 100), visit(world, 10, 80, canceller.signal), visit(world, 20, 1)]);
  world.clock.at(30, () => canceller.cancel("gone"));
  await world.clock.run();
  expect((await visits).map(({ place, atMs }) => [place, atMs])).toEqual([["slot", 0], ["left", 30], ["slot", nextAtMs]]);
  expect(canceller.listenerCount).toBe(0);
});

test("Capacity: the more slots are busy, the slower", async () => {
  const { clock, capacity } = capacityOf({ slots: 3, loadedFactor: 4 });
  const factors: number[] = [];
  for (let index = 0; index < 3; index++) {
    void capacity.enter({ serviceMs: 1, signal: neverSignal }).then((place) => void (place.kind === "slot" && factors.push(place.loadFactor)));
  }
  await clock.run();
  expect(factors).toEqual([1, 2.5, 4]);
});

test("Capacity: never more busy than slots, never more waiting than the queue holds, every request gets a result, and all slots are released", async () => {
  const visitor = fc.record({ atMs: fc.nat(300), holdMs: fc.integer({ min: 1, max: 120 }), leavesAfterMs: fc.option(fc.nat(150)) });
  const settings = fc.record({ slots: fc.integer({ min: 1, max: 4 }), queueMax: fc.nat(4), queueMsMax: fc.integer({ min: 1, max: 200 }), abandoned: fc.constantFrom("stops", "runs_on") });
  await fc.assert(
    fc.asyncProperty(settings, fc.array(visitor, { maxLength: 25 }), async (drawn, visitors) => {
      const world = capacityOf(drawn);
      const visits = visitors.map(({ atMs, holdMs, leavesAfterMs }) => {
        const canceller = new Canceller();
        if (leavesAfterMs !== null) world.clock.at(atMs + leavesAfterMs, () => canceller.cancel("gone"));
        return visit(world, atMs, holdMs, canceller.signal);
      });
      for (let atMs = 0; atMs < 800; atMs += 7) {
        world.clock.at(atMs, () => {
          const { busy, waiting } = world.capacity.load;
          expect(busy).toBeLessThanOrEqual(drawn.slots);
          expect(waiting).toBeLessThanOrEqual(drawn.queueMax);
          if (waiting > 0) expect(busy).toBe(drawn.slots);
        });
      }
      await world.clock.run();
      for (const [index, { place, atMs }] of (await Promise.all(visits)).entries()) {
        const waitedMs = atMs - visitors[index]!.atMs;
        expect(waitedMs).toBeLessThanOrEqual(drawn.queueMsMax);
        if (place === "full") expect(waitedMs).toBe(0);
      }
      expect(world.capacity.load).toEqual({ busy: 0, waiting: 0 });
    }),
    { numRuns: 500 },
  );
});

test("restartsOf: a deployment restarts at the end of an outage, and not between two adjacent ones", () => {
  const phases = [{ fromMs: 0, toMs: 100, errorRate: 1 }, { fromMs: 100, toMs: 150, errorRate: 0.97 }, { fromMs: 150, toMs: 300, errorRate: 0.5 }, { fromMs: 400, toMs: 500, errorRate: 1 }];
  expect(restartsOf([incidentOf(...phases)])).toEqual([150, 500]);
});

test("coldFactor: full right after a restart, half at half the time, none before and after", () => {
  const settings = { lengthMs: 1000, factor: 3 };
  expect([0, 149, 150, 650, 1150, 2000].map((nowMs) => coldFactor(settings, [150], nowMs))).toEqual([1, 1, 3, 2, 1, 1]);
  expect(coldFactor(null, [150], 150)).toBe(1);
});

test("dailyFactor: the peak at its hour, 1 twelve hours away, and the same again a day later", () => {
  const settings = { peakFactor: 1.6, peakHour: 15, startHour: 3, speed: 12 };
  const hour = 3_600_000 / 12;
  expect(dailyFactor(settings, 0)).toBe(1);
  expect(dailyFactor(settings, 12 * hour)).toBeCloseTo(1.6, 9);
  expect(dailyFactor(settings, 6 * hour)).toBeCloseTo(1.3, 9);
  expect(dailyFactor(settings, 30 * hour)).toBeCloseTo(dailyFactor(settings, 6 * hour), 9);
  expect(dailyFactor(undefined, 0)).toBe(1);
});

const chat = (...contents: string[]) => ({
  model: "m",
  messages: contents.map((content) => ({ role: "user" as const, content })),
  stream: false,
  maxTokens: 1,
  temperature: null,
  includeUsage: false,
});

test("PromptCache: whole blocks of the longest common prefix, from the minimum length, until they expire", () => {
  const cache = new PromptCache({ tokensMin: 4, blockTokens: 2, ttlMs: 1000 });
  const prompt = "abcdefghijklmnopqrstuvwxyz";
  expect(cache.cachedTokens(chat(prompt), 0)).toBe(0);
  cache.remember(chat(prompt), 0);
  expect(cache.cachedTokens(chat(prompt), 10)).toBe(6);
  expect(cache.cachedTokens(chat(`${prompt.slice(0, 12)}!!!!!!!!!!!!!!!!!!`), 10)).toBe(4);
  expect(cache.cachedTokens(chat(`${prompt.slice(0, 5)}!!!!!!!!!!!!!!!!!!`), 10)).toBe(0);
  expect(cache.cachedTokens(chat(`!${prompt}`), 10)).toBe(0);
  expect(cache.cachedTokens({ ...chat(prompt), model: "other" }, 10)).toBe(0);
  expect(cache.cachedTokens(chat(prompt), 1000)).toBe(0);
});

test("PromptCache: a prefix is there once it has been read, and stays while it is used", () => {
  const cache = new PromptCache({ tokensMin: 4, blockTokens: 2, ttlMs: 1000 });
  const prompt = chat("abcdefghijklmnopqrstuvwxyz");
  cache.remember(prompt, 500);
  cache.remember(prompt, 700);
  expect([499, 500, 1699, 1700].map((atMs) => cache.cachedTokens(prompt, atMs))).toEqual([0, 6, 6, 0]);
  cache.remember(prompt, 2400);
  expect([2399, 2400].map((atMs) => cache.cachedTokens(prompt, atMs))).toEqual([0, 6]);
});

test("prefillMs: the part that is not cached, at the prefill speed", () => {
  expect([prefillMs(2000, 1000, 0), prefillMs(2000, 1000, 900), prefillMs(2000, 10, 20), prefillMs(null, 1000, 0)]).toEqual([500, 50, 0, 0]);
});

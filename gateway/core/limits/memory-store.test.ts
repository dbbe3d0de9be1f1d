import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { Store } from "../../../kernel/seams.ts";
import { MemoryStore } from "./memory-store.ts";

async function at(clock: VirtualClock, ms: number): Promise<void> {
  clock.at(ms, () => {});
  await clock.run();
}

test("MemoryStore: a value lives until its time is up", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  expect(await store.get("k")).toBeNull();
  await store.set("k", "v", { ttlMs: 100 });
  await at(clock, 99);
  expect(await store.get("k")).toBe("v");
  await at(clock, 100);
  expect(await store.get("k")).toBeNull();
});

test("MemoryStore.reserve: what does not fit is refused whole; a settlement gives back; the next window is fresh", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  const ask = (amount: number) => store.reserve("k", { amount, limit: 10, windowMs: 1000 });
  expect(await ask(7)).toBe(3);
  expect(await ask(4)).toBeNull();
  expect(await ask(3)).toBe(0);
  await store.settle("k", { delta: -5, windowMs: 1000 });
  expect(await ask(5)).toBe(0);
  await at(clock, 1000);
  expect(await ask(10)).toBe(0);
});

test("MemoryStore: a process that stalled between setting a deadline and asking is served all the same", async () => {
  const clock = new VirtualClock();
  const store: Store = new MemoryStore(clock);
  await at(clock, 50);
  expect(await store.reserve("k", { amount: 1, limit: 1, windowMs: 10, deadlineMs: 49 })).toBe(0);
  expect(await store.get("k", 49)).toBeNull();
});

test("MemoryStore: expired entries are dropped", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  for (let index = 0; index < 5_000; index++) {
    await store.set(`v${index}`, "x", { ttlMs: 10 });
    if (index % 100 === 0) await at(clock, index);
  }
  expect(store.size).toBeLessThan(2_000);
});

test("MemoryStore.reserveAll: all or nothing, and says which did not fit and what that had left", async () => {
  const store = new MemoryStore(new VirtualClock());
  const draws = (first: number, second: number) => [
    { key: "a", amount: first, limit: 10, windowMs: 1000 },
    { key: "b", amount: second, limit: 5, windowMs: 1000 },
  ];
  expect(await store.reserveAll(draws(4, 2))).toMatchObject({ ok: true, reservation: { left: [6, 3], from: "shared" } });
  expect(await store.reserveAll(draws(1, 4))).toEqual({ ok: false, at: 1, left: 3 });
  expect(await store.reserveAll(draws(6, 3))).toMatchObject({ ok: true, reservation: { left: [0, 0] } });
});

test("MemoryStore.reserveAll: a settlement counts once, and in no later window than its own", async () => {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  const ask = async (amount: number) => {
    const drawn = await store.reserveAll([{ key: "k", amount, limit: 10, windowMs: 1000 }]);
    if (!drawn.ok) throw new Error("Refused");
    return drawn.reservation;
  };
  const first = await ask(8);
  await first.settle([3], Infinity);
  await first.settle([3], Infinity);
  expect((await ask(0)).left).toEqual([7]);
  const late = await ask(5);
  await at(clock, 1000);
  await ask(6);
  await late.settle([0], Infinity);
  expect((await ask(0)).left).toEqual([4]);
});

type Step = { readonly waitMs: number; readonly amount: number; readonly giveBack: number };
const step: fc.Arbitrary<Step> = fc.record({ waitMs: fc.nat({ max: 400 }), amount: fc.nat({ max: 12 }), giveBack: fc.nat({ max: 3 }) });

test("MemoryStore: within a window no more is out than the limit, whatever is asked at once and given back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 30 }), async (turns) => {
      const clock = new VirtualClock();
      const store = new MemoryStore(clock);
      const [limit, windowMs] = [20, 1000];
      let out = 0;
      let windowEndMs = 0;
      for (const turn of turns) {
        await at(clock, clock.nowMs() + turn[0]!.waitMs);
        if (clock.nowMs() >= windowEndMs) [out, windowEndMs] = [0, clock.nowMs() + windowMs];
        const left = await Promise.all(turn.map(({ amount }) => store.reserve("k", { amount, limit, windowMs })));
        for (const [index, { amount }] of turn.entries()) {
          const fits = out + amount <= limit;
          if (fits) out += amount;
          expect(left[index]).toBe(fits ? limit - out : null);
        }
        const delta = -Math.min(turn[0]!.giveBack, out);
        await store.settle("k", { delta, windowMs });
        out += delta;
      }
    }),
  );
});

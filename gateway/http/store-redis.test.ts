import { createClient } from "@redis/client";
import fc from "fast-check";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { liveClock } from "../../kernel/clock-live.ts";
import { type Draw, StoreError } from "../../kernel/seams.ts";
import { findRedis, redisNote, startRedis, type RedisProcess } from "../../test/support/redis.ts";
import { RedisStore } from "./store-redis.ts";
import { untilPasses } from "../../test/support/until-passes.ts";

const clock = liveClock(0);
const soon = () => clock.nowMs() + 60_000;
let keys = 0;
const freshKey = () => `test:${process.pid}:${keys++}`;

async function storeAt(url: string, password: (() => Promise<string>) | null = null): Promise<RedisStore> {
  const store = new RedisStore({ clock, url, password });
  onTestFinished(() => store.close());
  await store.untilReady(60_000);
  expect(store.isReady).toBe(true);
  return store;
}

describe.skipIf(findRedis() === null)(`RedisStore over a real redis-server${redisNote}`, () => {
  let redis: RedisProcess;
  beforeAll(async () => void (redis = await startRedis()));
  afterAll(() => redis.kill());

  test("RedisStore: a value lives until its time is up", async () => {
    const store = await storeAt(redis.url);
    const key = freshKey();
    expect(await store.get(key, soon())).toBeNull();
    await store.set(key, "é", { ttlMs: 1_000, deadlineMs: soon() });
    expect(await store.get(key, soon())).toBe("é");
    await untilPasses(async () => expect(await store.get(key, soon())).toBeNull());
  });

  test("RedisStore.reserveAll: takes all or nothing, and says which did not fit and what that had left", async () => {
    const store = await storeAt(redis.url);
    const [a, b] = [freshKey(), freshKey()];
    const draws = (first: number, second: number): Draw[] => [
      { key: a, amount: first, limit: 10, windowMs: 60_000 },
      { key: b, amount: second, limit: 5, windowMs: 60_000 },
    ];
    expect(await store.reserveAll(draws(4, 2), soon())).toMatchObject({ ok: true, reservation: { left: [6, 3], from: "shared" } });
    expect(await store.reserveAll(draws(1, 4), soon())).toEqual({ ok: false, at: 1, left: 3 });
    expect(await store.reserveAll(draws(6, 3), soon())).toMatchObject({ ok: true, reservation: { left: [0, 0] } });
  });

  test("Reservation.settle: gives back what was not used, once, and begins no window that has ended", async () => {
    const store = await storeAt(redis.url);
    const key = freshKey();
    const draw = (amount: number, windowMs = 60_000) => ({ key, amount, limit: 10, windowMs });
    const drawn = await store.reserveAll([draw(8)], soon());
    if (!drawn.ok) throw new Error("Refused");
    await drawn.reservation.settle([3], soon());
    await drawn.reservation.settle([3], soon());
    expect(await store.reserve(key, { ...draw(0), deadlineMs: soon() })).toBe(7);

    const ending = { ...draw(8, 20), key: freshKey() };
    const late = await store.reserveAll([ending], soon());
    if (!late.ok) throw new Error("Refused");
    await untilPasses(async () => expect(await store.get(ending.key, soon())).toBeNull());
    await late.reservation.settle([9], soon());
    expect(await store.get(ending.key, soon())).toBeNull();
  });

  test("Reservation.settle: returns nothing to a window that Redis has lost and started again", async () => {
    const store = await storeAt(redis.url);
    const key = freshKey();
    const draw = (amount: number) => [{ key, amount, limit: 10, windowMs: 60_000 }];
    const before = await store.reserveAll(draw(9), soon());
    if (!before.ok) throw new Error("Refused");
    await command(redis.url, ["DEL", key]);
    expect(await store.reserveAll(draw(2), soon())).toMatchObject({ reservation: { left: [8] } });
    await before.reservation.settle([1], soon());
    expect(await store.reserveAll(draw(11), soon())).toEqual({ ok: false, at: 0, left: 10 });
  });

  test("RedisStore.settle: what changes nothing is a write all the same, which a Redis that is full refuses", async () => {
    const full = await startRedis();
    onTestFinished(() => full.kill());
    const store = await storeAt(full.url);
    const nothing = () => store.settle("probe", { delta: 0, windowMs: 1_000, deadlineMs: soon() });
    await nothing();
    await command(full.url, ["CONFIG", "SET", "maxmemory", "1"]);
    expect(await store.get("k", soon())).toBeNull();
    await expect(nothing()).rejects.toThrow("OOM");
    await expect(store.reserveAll([{ key: "k", amount: 1, limit: 5, windowMs: 1_000 }], soon())).rejects.toThrow("OOM");
  });

  test("RedisStore: a window ends by itself and the next is fresh", async () => {
    const store = await storeAt(redis.url);
    const key = freshKey();
    const ask = () => store.reserve(key, { amount: 10, limit: 10, windowMs: 40, deadlineMs: soon() });
    expect(await ask()).toBe(0);
    await untilPasses(async () => expect(await ask()).toBe(0));
  });

  test("RedisStore: 500 at once from two gateways take exactly the limit", async () => {
    const stores = [await storeAt(redis.url), await storeAt(redis.url)];
    const key = freshKey();
    const all = await Promise.all(Array.from({ length: 500 }, (_, index) => stores[index % 2]!.reserveAll([{ key, amount: 1, limit: 137, windowMs: 60_000 }], soon())));
    expect(all.filter(({ ok }) => ok)).toHaveLength(137);
  });

  test("RedisStore: nanodollars beyond 32 bits are counted exactly", async () => {
    const store = await storeAt(redis.url);
    const draw = { key: freshKey(), amount: 4_503_599_627_370_495, limit: 9_007_199_254_740_990, windowMs: 60_000 };
    expect(await store.reserveAll([draw], soon())).toMatchObject({ reservation: { left: [4_503_599_627_370_495] } });
    expect(await store.reserveAll([{ ...draw, amount: draw.amount + 1 }], soon())).toEqual({ ok: false, at: 0, left: 4_503_599_627_370_495 });
  });

  const step = fc.record({ amount: fc.nat({ max: 30 }), used: fc.nat({ max: 30 }), settles: fc.boolean(), turn: fc.nat({ max: 3 }) });
  test("RedisStore: over random interleavings what is counted is what is held and what was used", async () => {
    const stores = [await storeAt(redis.url), await storeAt(redis.url)];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), fc.integer({ min: 20, max: 300 }), async (steps, limit) => {
        const key = freshKey();
        let held = 0;
        const run = async ({ amount, used, settles, turn }: (typeof steps)[number], index: number) => {
          for (let turns = 0; turns < turn; turns++) await Promise.resolve();
          const drawn = await stores[index % 2]!.reserveAll([{ key, amount, limit, windowMs: 60_000 }], soon());
          if (!drawn.ok) return;
          expect(drawn.reservation.left[0]).toBeGreaterThanOrEqual(0);
          const really = Math.min(used, amount);
          held += settles ? really : amount;
          if (settles) await drawn.reservation.settle([really], soon());
        };
        await Promise.all(steps.map(run));
        const left = await stores[0]!.reserve(key, { amount: 0, limit, windowMs: 60_000, deadlineMs: soon() });
        expect(limit - left!).toBe(held);
      }),
      { numRuns: 60 },
    );
  });

  test("RedisStore: a password that has changed is used at the next connect", async () => {
    let password = "old-horse";
    const first = await startRedis({ password });
    const store = await storeAt(first.url, () => Promise.resolve(password));
    await first.kill();
    const second = await startRedis({ password: "new-horse", port: first.port });
    onTestFinished(() => second.kill());
    await untilPasses(async () => await expect(store.get(freshKey(), soon())).rejects.toThrow(StoreError));
    password = "new-horse";
    await untilPasses(async () => expect(await store.get(freshKey(), soon())).toBeNull());
  });

  test("RedisStore: a password is sent; a wrong one is a StoreError that does not name it", async () => {
    const locked = await startRedis({ password: "right-horse" });
    onTestFinished(() => locked.kill());
    const store = await storeAt(locked.url, () => Promise.resolve("right-horse"));
    await store.set("k", "v", { ttlMs: 1_000, deadlineMs: soon() });
    const stranger = new RedisStore({ clock, url: locked.url, password: () => Promise.resolve("wrong-horse") });
    onTestFinished(() => stranger.close());
    const refused = await stranger.get("k", soon()).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreError);
    expect(String(refused)).not.toContain("horse");
  });

  test("RedisStore: when Redis dies each call fails at once, and when it is back they succeed again", async () => {
    const first = await startRedis();
    const store = await storeAt(first.url);
    const key = freshKey();
    await first.kill();
    await untilPasses(() => expect(store.isReady).toBe(false));
    await expect(store.get(key, soon())).rejects.toThrow("Cannot reach Redis: not connected");
    const second = await startRedis({ port: first.port });
    onTestFinished(() => second.kill());
    await untilPasses(async () => expect(await store.reserve(key, { amount: 1, limit: 5, windowMs: 1_000, deadlineMs: soon() })).toBeTypeOf("number"));
  });

  test("RedisStore: a deadline that is noticed late, by a process that was busy, gives the answer a little longer", async () => {
    const held = await holdingProxy(redis.port);
    let nowMs = 0;
    const timers: { atMs: number; fire: () => void }[] = [];
    const still = { ...clock, nowMs: () => nowMs, at: (atMs: number, fire: () => void) => (timers.push({ atMs, fire }), () => {}) };
    const store = new RedisStore({ clock: still, url: `redis://127.0.0.1:${held.port}`, password: null });
    onTestFinished(() => store.close());
    await untilPasses(() => expect(store.isReady).toBe(true));
    held.hold();

    const prompt = store.get("k", 25);
    nowMs = 25;
    timers.shift()!.fire();
    await expect(prompt).rejects.toThrow("Redis did not answer by the deadline");

    const stalled = store.get("k", 50);
    nowMs = 90;
    timers.shift()!.fire();
    const lastChance = timers.shift()!;
    expect(lastChance.atMs).toBe(100);
    held.release();
    expect(await stalled).toBeNull();

    held.hold();
    const never = store.get("k", 120);
    nowMs = 150;
    timers.shift()!.fire();
    timers.shift()!.fire();
    await expect(never).rejects.toThrow(StoreError);
  });

  test("RedisStore: an answer after its deadline is a StoreError, and a reservation that came through all the same is given back", async () => {
    const held = await holdingProxy(redis.port);
    const store = await storeAt(`redis://127.0.0.1:${held.port}`);
    const direct = await storeAt(redis.url);
    const key = freshKey();
    const ask = () => store.reserveAll([{ key, amount: 7, limit: 10, windowMs: 60_000 }], clock.nowMs() + 30);
    held.hold();
    await expect(ask()).rejects.toThrow("Redis did not answer by the deadline");
    const left = () => direct.reserve(key, { amount: 0, limit: 10, windowMs: 60_000, deadlineMs: soon() });
    await untilPasses(async () => expect(await left()).toBe(3));
    held.release();
    await untilPasses(async () => expect(await left()).toBe(10));
  });

  test("RedisStore: when replies were lost on the way, the next one is not taken for an answer, and the connection is replaced", async () => {
    const held = await holdingProxy(redis.port);
    const store = await storeAt(`redis://127.0.0.1:${held.port}`);
    const draw = { key: freshKey(), amount: 1, limit: 10, windowMs: 60_000 };
    held.hold();
    await expect(store.reserveAll([draw], clock.nowMs() + 30)).rejects.toThrow("Redis did not answer by the deadline");
    await untilPasses(() => expect(held.waits()).toBe(1));
    held.drop();
    await expect(store.settle(draw.key, { delta: 1, windowMs: 60_000, deadlineMs: clock.nowMs() + 200 })).rejects.toThrow(StoreError);
    await untilPasses(async () => expect(await store.reserveAll([draw], soon())).toMatchObject({ ok: true }));
    await store.settle(draw.key, { delta: 1, windowMs: 60_000, deadlineMs: soon() });
  });
});

test("RedisStore: without any Redis it starts, and each call fails at once", async () => {
  using store = new RedisStore({ clock, url: "redis://127.0.0.1:1", password: null });
  await store.untilReady(50);
  expect(store.isReady).toBe(false);
  await expect(store.reserveAll([{ key: "k", amount: 1, limit: 1, windowMs: 1_000 }], soon())).rejects.toThrow(StoreError);
});

test("RedisStore: a deadline gone by is a StoreError, and nothing is sent", async () => {
  using store = new RedisStore({ clock, url: "redis://127.0.0.1:9", password: null });
  await expect(store.get("k", clock.nowMs() - 1)).rejects.toThrow("it has passed");
});

/** As an operator would. */
async function command(url: string, words: readonly string[]): Promise<void> {
  const client = createClient({ url });
  await client.connect();
  await client.sendCommand([...words]);
  client.destroy();
}

/** Passes bytes on; while it holds, answers wait. */
async function holdingProxy(upstreamPort: number) {
  const { connect } = await import("node:net");
  let isHeld = false;
  const waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(upstreamPort, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    client.on("data", (bytes) => upstream.write(bytes)).on("close", () => upstream.destroy());
    upstream.on("data", (bytes) => (isHeld ? waiting.push(() => client.write(bytes)) : client.write(bytes))).on("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    hold: () => void (isHeld = true),
    waits: () => waiting.length,
    /** Loses what waits. */
    drop: () => {
      isHeld = false;
      waiting.splice(0);
    },
    release: () => {
      isHeld = false;
      for (const write of waiting.splice(0)) write();
    },
  };
}

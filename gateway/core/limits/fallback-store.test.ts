import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { type Draw, type Drawn, type Store, StoreError } from "../../../kernel/seams.ts";
import { MemoryStore } from "./memory-store.ts";
import type { GatewayEvent } from "../events.ts";
import { FallbackStore } from "./fallback-store.ts";

const windowMs = 60_000;

/**
 * A shared store that can be made slow or dead, and counts who asks. `unwritable`: a full one, or a replica, which
 * still answers who reads. `sluggish`: it answers, after 100 ms.
 */
class Troubled implements Store {
  readonly inner: MemoryStore;
  readonly #clock: VirtualClock;
  trouble: "none" | "slow" | "dead" | "held" | "unwritable" | "sluggish" = "none";
  release = () => {};
  asked = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.inner = new MemoryStore(clock);
  }

  get = (key: string, deadlineMs: number) => this.#ask(deadlineMs, () => this.inner.get(key), "read");
  set = (key: string, value: string, options: { ttlMs: number; deadlineMs: number }) => this.#ask(options.deadlineMs, () => this.inner.set(key, value, options));
  reserve = (key: string, request: { amount: number; limit: number; windowMs: number; deadlineMs: number }) => this.#ask(request.deadlineMs, () => this.inner.reserve(key, request));
  settle = (key: string, request: { delta: number; windowMs: number; deadlineMs: number }) => this.#ask(request.deadlineMs, () => this.inner.settle(key, request));

  async reserveAll(draws: readonly Draw[], deadlineMs: number): Promise<Drawn> {
    const drawn = await this.#ask(deadlineMs, () => this.inner.reserveAll(draws));
    if (!drawn.ok) return drawn;
    return { ok: true, reservation: { ...drawn.reservation, settle: (used, byMs) => this.#ask(byMs, () => drawn.reservation.settle(used, byMs)) } };
  }

  async #ask<T>(deadlineMs: number, act: () => Promise<T>, kind: "read" | "write" = "write"): Promise<T> {
    this.asked++;
    if (this.trouble === "dead" || (this.trouble === "unwritable" && kind === "write")) throw new StoreError("dead");
    if (this.trouble === "none" || this.trouble === "unwritable") return act();
    if (this.trouble === "sluggish" && deadlineMs - this.#clock.nowMs() > 100) {
      await this.#clock.sleep(100);
      return act();
    }
    if (this.trouble === "held") {
      await new Promise<void>((resolve) => (this.release = resolve));
      return act();
    }
    await this.#clock.sleep(deadlineMs - this.#clock.nowMs());
    throw new StoreError("slow");
  }
}

function world(localShare = 0.5) {
  const clock = new VirtualClock();
  const shared = new Troubled(clock);
  const events: GatewayEvent[] = [];
  const store = new FallbackStore({ clock, events: { emit: (event) => void events.push(event) } }, { shared, local: new MemoryStore(clock), localShare });
  const draw = (amount: number, limit = 100): Draw => ({ key: "k", amount, limit, windowMs });
  const take = async (amount: number, limit?: number) => {
    const taking = store.reserveAll([draw(amount, limit)], clock.nowMs() + 50);
    await clock.run(clock.nowMs() + 50);
    return taking;
  };
  const pass = async (ms: number) => {
    clock.at(clock.nowMs() + ms, () => {});
    await clock.run(clock.nowMs() + ms);
  };
  /** What the shared store has counted. */
  const counted = async () => {
    const drawn = await shared.inner.reserveAll([draw(0, 1_000)]);
    return drawn.ok ? 1_000 - drawn.reservation.left[0]! : Number.NaN;
  };
  return { clock, shared, store, events, take, pass, counted };
}

async function settle(drawn: Drawn, used: number): Promise<void> {
  if (!drawn.ok) throw new Error("Nothing was reserved");
  await drawn.reservation.settle([used], Infinity);
}

const fromOf = (drawn: Drawn) => (drawn.ok ? drawn.reservation.from : "refused");

test("FallbackStore: while the shared store answers it decides alone", async () => {
  const { take, counted, store } = world();
  const drawn = await take(60);
  expect(fromOf(drawn)).toBe("shared");
  expect(fromOf(await take(60))).toBe("refused");
  await settle(drawn, 10);
  expect(await counted()).toBe(10);
  expect(store.state).toEqual({ from: "shared", reason: "" });
});

test.each(["slow", "dead"] as const)("FallbackStore: %s, a few wait until their deadline, then none", async (trouble) => {
  const { clock, shared, take, store, events } = world();
  shared.trouble = trouble;
  for (let count = 0; count < 3; count++) expect(fromOf(await take(1))).toBe("local");
  const asked = shared.asked;
  const openedMs = clock.nowMs();
  for (let count = 0; count < 20; count++) expect(fromOf(await store.reserveAll([{ key: "k", amount: 1, limit: 100, windowMs }], clock.nowMs() + 50))).toBe("local");
  expect([shared.asked, clock.nowMs()]).toEqual([asked, openedMs]);
  expect(store.state).toEqual({ from: "local", reason: trouble });
  expect(events).toEqual([{ type: "store_changed", to: "local", reason: trouble, atMs: openedMs }]);
});

test("FallbackStore: one probe runs in each cooldown, no request waits for it, and its answer closes the circuit", async () => {
  const { clock, shared, take, pass, store, events } = world();
  shared.trouble = "dead";
  for (let count = 0; count < 3; count++) await take(1);
  shared.trouble = "slow";
  for (let round = 0; round < 3; round++) {
    await pass(2_000);
    const [before, nowMs] = [shared.asked, clock.nowMs()];
    const drawn = await Promise.all(Array.from({ length: 3 }, () => store.reserveAll([{ key: "k", amount: 1, limit: 100, windowMs }], nowMs + 50)));
    expect([drawn.map(fromOf), shared.asked - before, clock.nowMs()]).toEqual([["local", "local", "local"], 1, nowMs]);
    await pass(250);
  }
  shared.trouble = "none";
  await pass(2_000);
  expect(fromOf(await take(1))).toBe("local");
  expect(fromOf(await take(1))).toBe("shared");
  expect(store.state).toEqual({ from: "shared", reason: "" });
  expect(events.map((event) => event.type === "store_changed" && event.to)).toEqual(["local", "shared"]);
});

test("FallbackStore: calls that wait when the circuit opens are rejected, and their late draws are returned", async () => {
  const { clock, shared, store, counted } = world();
  const draws = (amount: number) => [{ key: "k", amount, limit: 100, windowMs }];
  shared.trouble = "held";
  const patient = store.reserveAll(draws(30), Infinity);
  await clock.run(1);
  shared.trouble = "dead";
  for (let count = 0; count < 3; count++) await store.reserveAll(draws(1), clock.nowMs() + 50);
  expect(fromOf(await patient)).toBe("local");
  shared.release();
  await clock.run(1);
  expect(await counted()).toBe(30);
  shared.trouble = "none";
  clock.at(3_000, () => {});
  await clock.run(3_000);
  await store.reserveAll(draws(0), Infinity);
  await clock.run(3_000);
  await store.reserveAll(draws(0), Infinity);
  await clock.run(3_000);
  expect(await counted()).toBe(0);
});

test("FallbackStore: the local share is a share of what the window was last known to have left", async () => {
  const { shared, take } = world(0.25);
  expect(fromOf(await take(60))).toBe("shared");
  shared.trouble = "dead";
  expect(fromOf(await take(11))).toBe("refused");
  expect(fromOf(await take(10))).toBe("local");
  expect(fromOf(await take(1))).toBe("refused");
});

test("FallbackStore: local use is reported to the shared store when it answers again, once only", async () => {
  const { shared, take, pass, counted } = world();
  shared.trouble = "dead";
  const drawn = await take(20);
  for (let count = 0; count < 3; count++) await take(1);
  await settle(drawn, 13);
  shared.trouble = "none";
  await pass(2_000);
  await take(0);
  await settle(await take(5), 5);
  await take(0);
  expect(await counted()).toBe(13 + 5);
  await take(0);
  expect(await counted()).toBe(13 + 5);
});

test("FallbackStore: a settlement that could not be sent is sent later; one that was not answered is not sent again", async () => {
  const { shared, take, pass, counted } = world();
  const unsent = await take(30);
  const unanswered = await take(40);
  shared.trouble = "dead";
  await settle(unanswered, 1);
  for (let count = 0; count < 3; count++) await take(1);
  await settle(unsent, 2);
  shared.trouble = "none";
  await pass(2_000);
  await take(0);
  await take(0);
  await pass(1);
  expect(await counted()).toBe(40 + 2);
});

test.each(["dead", "slow", "unwritable", "sluggish"] as const)("FallbackStore: however often a store that is %s seems to be back, a window has one local share", async (trouble) => {
  const { shared, take, pass } = world(0.5);
  await take(20);
  shared.trouble = trouble;
  let local = 0;
  for (let round = 0; round < 60; round++) {
    const drawn = await take(5);
    if (fromOf(drawn) === "local") local += 5;
    if (drawn.ok) await settle(drawn, 5);
    await pass(500);
  }
  expect(local).toBe((100 - 20) * 0.5);
});

test("FallbackStore: a store that can be read and not written is not back, and what it is owed is not lost on it", async () => {
  const { shared, take, pass, counted, store } = world();
  shared.trouble = "unwritable";
  for (let count = 0; count < 3; count++) await settle(await take(4), 4);
  for (let round = 0; round < 5; round++) {
    await pass(2_000);
    await take(0);
    expect(store.state.from).toBe("local");
  }
  shared.trouble = "none";
  await pass(2_000);
  await take(0);
  await take(0);
  expect(await counted()).toBe(3 * 4);
});

test("FallbackStore: an outage later in the window has a share of its own of what is left then", async () => {
  const { shared, take, pass } = world(0.5);
  shared.trouble = "dead";
  const first = await take(50);
  expect(fromOf(await take(1))).toBe("refused");
  await take(0);
  await settle(first, 50);
  shared.trouble = "none";
  await pass(2_000);
  await take(0);
  await pass(1);
  await take(0);
  shared.trouble = "dead";
  expect(fromOf(await take(26))).toBe("refused");
  expect(fromOf(await take(25))).toBe("local");
});

test("FallbackStore.get: rejects at once while the circuit is open", async () => {
  const { clock, shared, store, take } = world();
  await store.set("x", "1", { ttlMs: 1_000, deadlineMs: 50 });
  expect(await store.get("x", 50)).toBe("1");
  shared.trouble = "slow";
  for (let count = 0; count < 3; count++) await take(1);
  const nowMs = clock.nowMs();
  await expect(store.get("x", nowMs + 50)).rejects.toThrow(StoreError);
  expect(clock.nowMs()).toBe(nowMs);
});

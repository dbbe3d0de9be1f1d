import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { Clock } from "../../kernel/seams.ts";
import { Cancelled, Canceller, neverSignal } from "../../kernel/signal.ts";
import { pausesOf } from "./pause.ts";

/** A clock that each reading moves on, and the turns that were taken on it. */
function clockOf(stepMs: number) {
  const virtual = new VirtualClock();
  let nowMs = 0;
  let turns = 0;
  const clock: Clock = {
    nowMs: () => (nowMs += stepMs),
    wallMs: () => 0,
    at: (atMs, fn) => virtual.at(atMs, fn),
    sleep: (ms, signal) => {
      turns++;
      return virtual.sleep(ms, signal);
    },
  };
  return { turns: () => turns, clock, run: () => virtual.run() };
}

test("pausesOf: others are served once a request has worked a quarter of a millisecond, not after each piece", async () => {
  const { clock, turns, run } = clockOf(0.125);
  const work = async () => {
    const pause = pausesOf(clock, neverSignal);
    for (let pieces = 0; pieces < 60; pieces++) await pause();
  };
  const working = work();
  await run();
  await working;
  expect(turns()).toBe(2 * 30);
});

test("pausesOf: however many long requests there are, one of them works in a turn, each in its turn", async () => {
  const { clock, run } = clockOf(1);
  const order: string[] = [];
  const work = async (name: string) => {
    const pause = pausesOf(clock, neverSignal);
    for (let pieces = 0; pieces < 3; pieces++) {
      await pause();
      order.push(name);
    }
  };
  let turns = 0;
  const count = async () => {
    for (; turns < 18; turns++) {
      await clock.sleep(0);
      order.push("turn");
    }
  };
  const working = Promise.all([work("a"), work("b"), work("c"), count()]);
  await run();
  await working;
  expect(order.filter((name) => name !== "turn").join("")).toBe("abcabcabc");
  expect(order.join(" ")).not.toMatch(/[abc] [abc]/);
});

test("pausesOf: what arrived while a long request worked goes on before it", async () => {
  const { clock, run } = clockOf(1);
  const order: string[] = [];
  const long = pausesOf(clock, neverSignal)()!.then(() => order.push("long"));
  const arrived = clock.sleep(0).then(() => order.push("arrived"));
  await run();
  await Promise.all([long, arrived]);
  expect(order).toEqual(["arrived", "long"]);
});

test("pausesOf: work ends with its request, and others go on", async () => {
  const { clock, run } = clockOf(1);
  const client = new Canceller();
  const ends = expect(pausesOf(clock, client.signal)()).rejects.toThrow(Cancelled);
  const other = pausesOf(clock, neverSignal)();
  client.cancel("left");
  await ends;
  await run();
  await other;
  expect(client.listenerCount).toBe(0);
});

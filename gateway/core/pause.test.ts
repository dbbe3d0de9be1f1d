import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { Cancelled, Canceller, neverSignal } from "../../kernel/signal.ts";
import { pausesOf } from "./pause.ts";

/** A clock that each reading moves on. */
function clockOf(stepMs: number) {
  let nowMs = 0;
  let sleeps = 0;
  const clock = new VirtualClock();
  return {
    sleeps: () => sleeps,
    clock: { ...clock, at: clock.at.bind(clock), wallMs: () => 0, nowMs: () => (nowMs += stepMs), sleep: async (_: number, signal?: { readonly aborted: boolean; readonly reason?: unknown }) => {
      sleeps++;
      if (signal?.aborted) throw new Cancelled(signal.reason);
    } },
  };
}

test("pausesOf: others are served once a request has worked half a millisecond, not after each piece", async () => {
  const { clock, sleeps } = clockOf(0.125);
  const pause = pausesOf(clock, neverSignal);
  for (let pieces = 0; pieces < 60; pieces++) await pause();
  expect(sleeps()).toBe(15);
});

test("pausesOf: work ends with its request", async () => {
  const { clock } = clockOf(1);
  const client = new Canceller();
  const pause = pausesOf(clock, client.signal);
  await pause();
  client.cancel("left");
  await expect(pause()).rejects.toThrow(Cancelled);
});

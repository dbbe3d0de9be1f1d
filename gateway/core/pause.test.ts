import { expect, test } from "vitest";
import type { Clock } from "../../kernel/seams.ts";
import { Cancelled, Canceller, neverSignal } from "../../kernel/signal.ts";
import { pausesOf } from "./pause.ts";

/** A clock that each reading moves on. */
function clockOf(stepMs: number) {
  let nowMs = 0;
  let sleeps = 0;
  const sleep: Clock["sleep"] = async (_, signal) => {
    sleeps++;
    if (signal?.aborted) throw new Cancelled(signal.reason);
  };
  return { sleeps: () => sleeps, clock: { nowMs: () => (nowMs += stepMs), wallMs: () => 0, at: () => () => {}, sleep } };
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

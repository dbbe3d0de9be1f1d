import { expect, onTestFinished, test, vi } from "vitest";
import { liveClock } from "./clock-live.ts";
import { Cancelled, Canceller } from "./signal.ts";

test("liveClock: wallMs follows the machine's clock, nowMs does not", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const clock = liveClock();
  const [wallMs, nowMs] = [clock.wallMs(), clock.nowMs()];
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(clock.wallMs() - wallMs).toBeLessThan(-3_500_000);
  expect(clock.nowMs()).toBeGreaterThanOrEqual(nowMs);
});

test("liveClock: a sleep of 0 ms ends in a later turn, and can be cancelled", async () => {
  const clock = liveClock();
  const ended: string[] = [];
  const client = new Canceller();
  const turn = clock.sleep(0).then(() => ended.push("turn"));
  const left = clock.sleep(0, client.signal);
  client.cancel("left");
  await expect(left).rejects.toThrow(Cancelled);
  expect(ended).toEqual([]);
  await turn;
  expect(ended).toEqual(["turn"]);
});

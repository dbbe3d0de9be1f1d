import { expect, onTestFinished, test, vi } from "vitest";
import { liveClock } from "./clock-live.ts";

test("liveClock: wallMs follows the machine's clock, nowMs does not", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const clock = liveClock();
  const [wallMs, nowMs] = [clock.wallMs(), clock.nowMs()];
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(clock.wallMs() - wallMs).toBeLessThan(-3_500_000);
  expect(clock.nowMs()).toBeGreaterThanOrEqual(nowMs);
});

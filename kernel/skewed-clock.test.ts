import { expect, test } from "vitest";
import { VirtualClock } from "./clock-virtual.ts";
import { skewedClock } from "./skewed-clock.ts";

test("skewedClock: wall time moves by the offset and back; timers and the monotonic time do not", async () => {
  const inner = new VirtualClock(1_000_000);
  const clock = skewedClock(inner);
  const seen: number[][] = [];
  const note = () => seen.push([clock.nowMs(), clock.wallMs()]);
  clock.at(10, note);
  void clock.sleep(20).then(note);
  inner.at(5, () => clock.skew(-60_000));
  inner.at(15, () => clock.skew(0));
  await inner.run();
  expect(seen).toEqual([
    [10, 940_010],
    [20, 1_000_020],
  ]);
  expect(clock.offsetMs).toBe(0);
});

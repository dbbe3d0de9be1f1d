import { expect, test } from "vitest";
import { isReadyUnder } from "./readiness-flap.ts";

const ready = (defect: object, times: readonly number[]) => times.map((nowMs) => isReadyUnder({ kind: "flap", share: 1, periodMs: 1_000, ...defect }, 500, nowMs));

test("isReadyUnder: turns each period, first to not ready", () => {
  expect(ready({}, [500, 1_499, 1_500, 2_499, 2_500])).toEqual([false, false, true, true, false]);
});

test("isReadyUnder: within its own time span alone, and no other defect touches it", () => {
  expect(ready({ fromMs: 1_000, toMs: 3_500 }, [999, 1_000, 2_000, 3_000, 3_500])).toEqual([true, false, true, false, true]);
  expect(ready({ kind: "fail" }, [500])).toEqual([true]);
});

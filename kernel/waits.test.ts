import { expect, test } from "vitest";
import { goDurationMs } from "./waits.ts";

test("goDurationMs: what Go prints is read, anything else is null", () => {
  const read = ["0s", "120ms", "1.5s", "6m0s", "1h0m0.25s", "2h"].map(goDurationMs);
  expect(read).toEqual([0, 120, 1_500, 360_000, 3_600_250, 7_200_000]);
  for (const text of ["", "soon", "-1s", "1d", "1s1m", "5"]) expect(goDurationMs(text)).toBeNull();
});

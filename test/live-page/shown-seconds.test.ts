import { expect, test } from "vitest";
import { shownSecondsOf } from "./shown-seconds.ts";

test("shownSecondsOf: the seconds that no frame showed are missed, and delays count from the first frame of each", () => {
  const shown = [
    { text: "", atMs: 9_000 },
    { text: "0:00 of 0:03, warm-up until 0:01, ends in 3 s", atMs: 10_040 },
    { text: "0:01 of 0:03, ends in 2 s", atMs: 11_020 },
    { text: "0:01 of 0:03, ends in 2 s", atMs: 11_500 },
    { text: "0:03 of 0:03, the last answers are awaited", atMs: 13_100 },
  ];
  expect(shownSecondsOf(shown, { epochMs: 10_000, endMs: 3_000 })).toEqual({ expected: 4, missed: ["0:02"], delaysMs: [40, 20, 100] });
});

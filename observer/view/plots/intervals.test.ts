import { expect, test } from "vitest";
import { intervalPlot } from "./intervals.ts";

const { text } = intervalPlot({
  title: "Lost demand",
  max: 0.5,
  rows: [
    { label: "<naive>", value: "50 %", mean: 0.5, interval: [0.25, 0.5] },
    { label: "mine", value: "-", mean: null, interval: null },
    { label: "over", value: "2", mean: 2, interval: null },
  ],
});

test("intervalPlot: a point and its interval lie on one scale, and what is beyond it at its end", () => {
  expect(text).toContain('<line class="interval" x1="50%" x2="99%" y1="22" y2="22"/><circle class="point" cx="99%" cy="22" r="4"/>');
  expect(text.match(/<circle/g)).toHaveLength(2);
  expect(text.match(/cx="99%"/g)).toHaveLength(2);
  expect(text).toContain("&lt;naive&gt;");
});

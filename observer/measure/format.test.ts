import { expect, test } from "vitest";
import { clockTime, duration, formatValue, minutes, percent, sparkline } from "./format.ts";
import { moreThan, count, measured, measureTitle, ms, share, shareOf, times, type Value } from "./quantity.ts";

test("sparkline: nothing bad is the lowest bar, anything bad is above it, no figure is a gap", () => {
  expect(sparkline([0, 0.001, 0.5, 1, null])).toBe("▁▂▅█ ");
});

test.each([
  [0, "0 ms"],
  [999.4, "999 ms"],
  [999.6, "1 s"],
  [1_000, "1 s"],
  [11_540, "11.5 s"],
  [119_949, "119.9 s"],
  [119_951, "2 min"],
  [125_000, "2 min 5 s"],
  [3_600_000, "60 min"],
  [-11_540, "-11.5 s"],
])("duration: %d ms is %s", (length, text) => {
  expect(duration(length)).toBe(text);
});

test.each([
  [5, "5 min"],
  [185, "3 h 05 min"],
  [1_700, "1 d 4 h"],
])("minutes: %d is %s", (length, text) => {
  expect(minutes(length)).toBe(text);
});

test("clockTime: minutes and seconds, never below zero", () => {
  expect([clockTime(61_999), clockTime(-5)]).toEqual(["1:01", "0:00"]);
});

test("percent: to a tenth, finer below one, so that a small share is not shown as none", () => {
  expect([0, 0.0004, 0.00999, 0.1426, 1, -0.9024].map(percent)).toEqual(["0 %", "0.04 %", "1 %", "14.3 %", "100 %", "-90.2 %"]);
});

test.each<[Value, string]>([
  ["no alarm", "no alarm"],
  [share(0.25), "25 %"],
  [share([0.25, 0.3]), "25 % to 30 %"],
  [ms([900, 1_500]), "900 ms to 1.5 s"],
  [moreThan(30_000), "> 30 s"],
  [times(1.337), "1.34 x"],
  [count(2_674), "2674"],
  [shareOf(1, 8), "12.5 %"],
  [shareOf(0, 0), "-"],
  [measured("wrongAnswers", 3), "3"],
  [measured("recoveryMs", [900, 1_500]), "900 ms to 1.5 s"],
])("formatValue: %j is %s", (value, text) => {
  expect(formatValue(value)).toBe(text);
});

test("measureTitle: a measure's name in words, without its unit", () => {
  expect(measureTitle("errorBudgetBurned")).toBe("error budget burned");
  expect(measureTitle("recoveryMs")).toBe("recovery");
});

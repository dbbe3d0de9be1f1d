import { expect, test } from "vitest";
import { areaPath, linePath } from "./shapes.ts";

const box = { max: 10, height: 40 };

test("areaPath: steps stand on the ground, equal ones share one move, gaps and zeros are the ground", () => {
  expect(areaPath([5, 5, 10, 0, null, 2.5], box)).toBe("M0 40V20H2V0H3V40ZM5 40V30H6V40Z");
  expect(areaPath([0, null, 0], box)).toBe("");
});

test("areaPath: a value above the box is cut off at its top", () => {
  expect(areaPath([20], box)).toBe("M0 40V0H1V40Z");
  expect(areaPath([1], { max: 0, height: 40 })).toBe("M0 40V40H1V40Z");
});

test("linePath: goes through the middles of the steps and breaks where there is no value", () => {
  expect(linePath([0, 5, null, 10, 10, null, 2.5], box)).toBe("M0.5 40L1.5 20M3.5 0L4.5 0M6 30h1");
});

import { expect, test } from "vitest";
import { studentT } from "./stats.ts";

test.each([[9, 2.2622], [11, 2.201], [20, 2.086], [60, 2.0003], [1_000, 1.9623]])("studentT: with %d degrees of freedom as in the tables, to 0.1 percent: %d", (degrees, t) => {
  expect(Math.abs(studentT(degrees) / t - 1)).toBeLessThan(0.001);
});

import { expect, test } from "vitest";
import { live, plan } from "../../board/fixtures/run.ts";
import { steadyGate } from "./steady-gate.ts";

/** The gate's problem after lines of `[atMs, done, bad]`. The steady state is from 10 s to 30 s. */
function problemAfter(...lines: readonly (readonly [number, number, number])[]): string | null {
  const gate = steadyGate(plan);
  for (const [atMs, done, bad] of lines) gate.observe({ ...live, atMs, done, bad });
  return gate.problem()?.message ?? null;
}

test("steadyGate: counts what was done in the steady state alone", () => {
  expect(problemAfter([10_000, 100, 50], [30_000, 200, 52])).toBeNull();
  expect(problemAfter([10_000, 100, 50], [30_000, 200, 53])).toBe("The steady state does not hold before any fault: 3 of 100 requests are bad, at most 2 % may be");
  expect(problemAfter([10_000, 100, 0], [30_000, 200, 0], [31_000, 210, 10])).toBeNull();
});

test("steadyGate: without a request done it lets the run go on", () => {
  expect(problemAfter()).toBeNull();
  expect(problemAfter([10_000, 5, 5], [30_000, 5, 5])).toBeNull();
});

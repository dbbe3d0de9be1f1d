import { expect, test } from "vitest";
import { errorAnswersOf } from "./error-answers.ts";
import { HandMadeRun } from "./testing.ts";

test("errorAnswersOf: kinds by status and code with their first body, the most frequent first; one without a body is left out", () => {
  const run = new HandMadeRun();
  run.failed("red", 1_000, { status: 401, errorCode: "no_team", errorBody: "one" });
  for (const atMs of [2_000, 3_000]) run.failed("red", atMs, { status: 429, errorCode: null, ...(atMs === 3_000 ? { errorBody: "slow down" } : {}) });
  run.failed("red", 4_000, { status: 500, errorCode: "boom" });
  run.good("red", 5_000);
  expect(errorAnswersOf(run.client)).toEqual([
    { status: 429, errorCode: null, requests: 2, body: "slow down" },
    { status: 401, errorCode: "no_team", requests: 1, body: "one" },
  ]);
});

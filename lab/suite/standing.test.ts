import { expect, test } from "vitest";
import type { CellResult } from "./cell.ts";
import { nothingAccepted, standingOf, suiteExitCode } from "./standing.ts";

const cell = { scenario: "smoke", stack: "hardened", seed: 1, sets: [] };
const standing = (end: CellResult["end"], meant: CellResult["meant"] = null, accepted?: CellResult["end"]) =>
  standingOf({ cell, end, meant }, accepted === undefined ? nothingAccepted : () => accepted);

test("standingOf: where the scenario says nothing of the stack, a cell has to hold", () => {
  expect(standing("held")).toBe("held");
  expect(standing("deviated")).toBe("deviated");
  expect(standing("not_recovered")).toBe("deviated");
  expect(standing("not_applicable")).toBe("held");
});

test("standingOf: an end that the scenario foretells, or a better one, is no failure, and a worse one is", () => {
  expect(standing("deviated", "deviated")).toBe("held");
  expect(standing("held", "deviated")).toBe("held");
  expect(standing("not_recovered", "deviated")).toBe("deviated");
  expect(standing("deviated", "held")).toBe("deviated");
});

test("standingOf: a stack that lost the part which a scenario breaks no longer ends as foretold", () => {
  expect(standing("not_applicable", "held")).toBe("deviated");
  expect(standing("not_applicable", "not_applicable")).toBe("held");
  expect(standing("deviated", "not_applicable")).toBe("deviated");
});

test("standingOf: what the baseline has accepted goes before what the scenario says", () => {
  expect(standing("deviated", "held", "deviated")).toBe("held");
  expect(standing("deviated", "deviated", "held")).toBe("deviated");
});

test("standingOf: unknown and void ends stay what they are, whatever is expected", () => {
  expect(standing("unknown", "deviated")).toBe("unknown");
  expect(standing("failed", "deviated")).toBe("failed");
});

test("suiteExitCode: the first present of failed, unknown, deviated, held decides", () => {
  expect(suiteExitCode(["held", "held"])).toBe(0);
  expect(suiteExitCode(["held", "deviated"])).toBe(1);
  expect(suiteExitCode(["deviated", "unknown"])).toBe(2);
  expect(suiteExitCode(["unknown", "failed", "deviated"])).toBe(3);
});

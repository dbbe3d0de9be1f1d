import { expect, test } from "vitest";
import { updatedBaseline, acceptedBy } from "./baseline.ts";
import { findingsOf } from "./findings.ts";
import { compareWithBaseline } from "./regressions.ts";
import { madeResult } from "./results.fixture.ts";
import { nothingAccepted } from "./standing.ts";

const short = (results: Parameters<typeof findingsOf>[0], accepted = nothingAccepted) => findingsOf(results, accepted, null).map(({ kind, title, line }) => [kind, title, line]);

test("findingsOf: the worst first: void, not recovered, deviated, unknown, better than expected", () => {
  const results = [
    madeResult({ scenario: "smoke", end: "held", meant: "deviated" }),
    madeResult({ scenario: "healthy", end: "unknown" }),
    madeResult({ scenario: "one-cell", end: "deviated", lostDemand: 0.1 }),
    madeResult({ scenario: "gateway-dead", end: "deviated", lostDemand: 0.9 }),
    madeResult({ scenario: "region-loss", end: "not_recovered" }),
    madeResult({ scenario: "flagship", end: "failed" }),
    madeResult({ scenario: "vault-sealed", end: "held" }),
  ];
  expect(short(results)).toEqual([
    ["error", "flagship on naive, seed 1", 1],
    ["error", "region-loss on naive, seed 1", 42],
    ["error", "gateway-dead on naive, seed 1", 42],
    ["error", "one-cell on naive, seed 1", 42],
    ["warning", "healthy on naive, seed 1", 1],
    ["notice", "smoke on naive, seed 1", 1],
  ]);
});

test("findingsOf: seeds that say the same are one finding, which says how many they are", () => {
  const results = [1, 2, 3].map((seed) => madeResult({ seed, end: seed === 2 ? "held" : "deviated" }));
  expect(short(results)).toEqual([["error", "smoke on naive, 2 of 3 seeds", 42]]);
});

test("findingsOf: what the baseline has accepted is nothing to look at, and a measure that is worse stands at its expectation", () => {
  const now = [1, 2, 3].map((seed) => madeResult({ scenario: "one-cell", seed, end: "deviated", lostDemand: 0.5 }));
  const baseline = updatedBaseline(null, [1, 2, 3].map((seed) => madeResult({ scenario: "one-cell", seed, end: "deviated" })));
  const [finding, ...rest] = findingsOf(now, acceptedBy(baseline), compareWithBaseline(now, baseline));
  expect(rest).toEqual([]);
  expect(finding).toMatchObject({ kind: "error", title: "one-cell on naive: blast radius is worse", message: "30 % in the baseline, 50 % now (99 % interval of the difference over 3 paired seeds: 17.7 % to 22.3 %)" });
  expect(finding!.file.endsWith("scenarios/library/one-cell.yaml")).toBe(true);
  expect(finding!.line).toBeGreaterThan(1);
});

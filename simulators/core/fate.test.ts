import fc from "fast-check";
import { expect, test } from "vitest";
import { hashUnit } from "../../kernel/hash.ts";
import { examplePhase } from "./examples.ts";
import { attemptLetters, drawFate, drawStatus, phaseProblems, type AttemptKey } from "./fate.ts";

const key = (requestId: string, ordinal = 0): AttemptKey => ({ seed: 1, deployment: "primary", requestId, ordinal });
const ids = Array.from({ length: 20_000 }, (_, index) => `r${index}`);
const share = (test: (id: string) => boolean) => ids.filter(test).length / ids.length;

test("drawFate: without an incident everything is answered", () => {
  expect(drawFate(key("r1"), null)).toEqual({ kind: "answer" });
});

test("drawFate: an attempt fails iff the hash of its identity is below the phase's error rate", () => {
  const arbitrary = fc.record({ id: fc.string(), ordinal: fc.nat(5), errorRate: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(arbitrary, ({ id, ordinal, errorRate }) => {
      const phase = { ...examplePhase, errorRate, statusMix: { 503: 1 } };
      const fate = drawFate(key(id, ordinal), { incident: "outage", phase });
      expect(fate.kind === "error").toBe(hashUnit(1, "outage", "primary", id, ordinal) < errorRate);
    }),
  );
});

test("drawFate: what fails at a rate fails at every higher rate", () => {
  const fails = (id: string, errorRate: number) =>
    drawFate(key(id), { incident: "outage", phase: { ...examplePhase, errorRate, statusMix: { 500: 1 } } }).kind === "error";
  fc.assert(fc.property(fc.string(), fc.double({ min: 0, max: 0.5, noNaN: true }), (id, rate) => !fails(id, rate) || fails(id, rate + 0.4)));
});

test("drawFate: each rate is met, and the questions are independent", () => {
  const phase = { ...examplePhase, errorRate: 0.2, statusMix: { 429: 0.25, 503: 0.5, timeout: 0.15, dns: 0.1 }, streamTruncationRate: 0.3, wrongOutputRate: 0.4 };
  const fate = (id: string) => drawFate(key(id), { incident: "outage", phase });
  const status = (code: number) => share((id) => ((one) => one.kind === "error" && one.status === code)(fate(id)));
  expect(status(429)).toBeCloseTo(0.05, 2);
  expect(status(503)).toBeCloseTo(0.1, 2);
  expect(share((id) => fate(id).kind === "timeout")).toBeCloseTo(0.03, 2);
  expect(share((id) => fate(id).kind === "reset")).toBeCloseTo(0.02, 2);
  expect(share((id) => fate(id).kind === "truncate")).toBeCloseTo(0.8 * 0.3, 2);
  expect(share((id) => fate(id).kind === "wrong")).toBeCloseTo(0.8 * 0.7 * 0.4, 2);
});

test("drawFate: a retry, another deployment and another seed each draw anew", () => {
  const phase = { ...examplePhase, errorRate: 0.5, statusMix: { 500: 1 } };
  const fails = (attempt: AttemptKey) => drawFate(attempt, { incident: "outage", phase }).kind === "error";
  for (const other of [{ ordinal: 1 }, { deployment: "backup" }, { seed: 2 }]) {
    expect(share((id) => fails(key(id)) === fails({ ...key(id), ...other }))).toBeCloseTo(0.5, 1);
  }
});

test("drawFate: cuts are spread over the answer, and both endings occur", () => {
  const phase = { ...examplePhase, streamTruncationRate: 1 };
  const cuts = ids.slice(0, 2000).map((id) => drawFate(key(id), { incident: "outage", phase })).filter((fate) => fate.kind === "truncate");
  expect(cuts).toHaveLength(2000);
  expect(cuts.filter((cut) => cut.share < 0.5).length / 2000).toBeCloseTo(0.5, 1);
  expect(cuts.filter((cut) => cut.ending === "reset").length / 2000).toBeCloseTo(0.5, 1);
});

test("drawStatus: always a key with a weight, whatever the draw", () => {
  const mix = fc.dictionary(fc.constantFrom("429", "500", "503", "timeout", "reset"), fc.double({ min: 0.01, max: 1, noNaN: true }), { minKeys: 1 });
  fc.assert(fc.property(mix, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (statuses, unit) => drawStatus(statuses, unit) in statuses));
});

test("drawStatus: the order in which a mix is written changes nothing", () => {
  const units = [0, 0.1, 0.35, 0.6, 0.99];
  const statuses = (mix: Record<string, number>) => units.map((unit) => drawStatus(mix, unit));
  expect(statuses({ timeout: 0.4, reset: 0.6 })).toEqual(statuses({ reset: 0.6, timeout: 0.4 }));
});

test("attemptLetters: 16 letters, different for each attempt and label", () => {
  const all = [attemptLetters(key("r1"), "answer"), attemptLetters(key("r1", 1), "answer"), attemptLetters(key("r2"), "answer"), attemptLetters(key("r1"), "request")];
  expect(new Set(all).size).toBe(4);
  for (const letters of all) expect(letters).toMatch(/^[a-p]{16}$/);
});

test.each([
  { name: "rate above 1", phase: { errorRate: 1.2, statusMix: { 500: 1 } }, problem: /errorRate is 1.2/ },
  { name: "rate that is no number", phase: { streamTruncationRate: Number.NaN }, problem: /streamTruncationRate/ },
  { name: "unknown status", phase: { errorRate: 0.1, statusMix: { teapot: 1 } }, problem: /"teapot"/ },
  { name: "a status that is no error", phase: { errorRate: 0.1, statusMix: { 200: 1 } }, problem: /"200"/ },
  { name: "mix short of 1", phase: { errorRate: 0.1, statusMix: { 500: 0.5 } }, problem: /adds up to 0.5/ },
])("phaseProblems: $name", ({ phase, problem }) => {
  expect(phaseProblems({ ...examplePhase, ...phase } as typeof examplePhase).join("; ")).toMatch(problem);
});

test("phaseProblems: none for a phase that can be played, an empty mix without errors included", () => {
  expect(phaseProblems(examplePhase)).toEqual([]);
  expect(phaseProblems({ ...examplePhase, errorRate: 1, statusMix: { 529: 0.5, 499: 0.25, timeout: 0.25 } })).toEqual([]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { rampAfter, rampMove, type Ramp } from "./ramp.ts";
import type { RampSettings } from "./settings.ts";
import { signalsOf, SignalWindow, type SignalSummary } from "./signals.ts";

const settings: RampSettings = {
  steps: [0.1, 0.25, 0.5, 1],
  stepMsMin: 5_000,
  stepMsMax: 15_000,
  hitRateMin: 0.7,
  lookUpsMin: 30,
  hitRateBeforeMin: 0.2,
  providerP95FactorMax: 1.5,
  share429Max: 0.01,
};
const well: SignalSummary = { lookUps: 100, hitRate: 0.8, attempts: 100, share429: 0, providerP95Ms: 300 };
const start: Ramp = { step: 1, sinceMs: 0 };
const moveAt = (nowMs: number, now: Partial<SignalSummary>, before: Partial<SignalSummary> = {}) => rampMove(start, nowMs, { now: { ...well, ...now }, before: { ...well, ...before } }, settings);

test("rampMove: a step lasts at least stepMsMin, then goes forward if the cache is warm and the providers are well", () => {
  expect(moveAt(4_999, {})).toBe("hold");
  expect(moveAt(5_000, {})).toBe("forward");
  expect(moveAt(5_000, { hitRate: 0.56 })).toBe("forward");
});

test("rampMove: a cold cache holds a step until stepMsMax, unless it was cold before", () => {
  expect(moveAt(10_000, { hitRate: 0.5 })).toBe("hold");
  expect(moveAt(10_000, { lookUps: 29 })).toBe("hold");
  expect(moveAt(15_000, { hitRate: 0.5 })).toBe("forward");
  expect(moveAt(10_000, { hitRate: 0 }, { hitRate: 0.19 })).toBe("forward");
});

test("rampMove: slow providers and 429s take a step back at once, given enough attempts", () => {
  expect(moveAt(1_000, { share429: 0.02 })).toBe("back");
  expect(moveAt(15_000, { providerP95Ms: 451 })).toBe("back");
  expect(moveAt(15_000, { share429: 0.02, attempts: 29 })).toBe("forward");
});

test("rampAfter: the share never leaves the steps, and the ramp ends only by the last step forward", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("hold", "forward", "back")), (moves) => {
      let ramp: Ramp | null = { step: 0, sinceMs: 0 };
      for (const move of moves) {
        const before: Ramp = ramp;
        ramp = rampAfter(before, move, 1, settings);
        if (ramp === null) {
          expect(move).toBe("forward");
          expect(before.step).toBe(settings.steps.length - 2);
          return;
        }
        expect(Math.abs(ramp.step - before.step)).toBeLessThanOrEqual(1);
        expect(settings.steps[ramp.step]).toBeLessThan(1);
      }
    }),
  );
});

test("signalsOf: reads the gateway's own headers, and makes nothing up without them", () => {
  expect(signalsOf({ "x-blastlab-cache": "hit; age=3", "x-blastlab-attempts": "d0:429@20;d1:ok@130" })).toEqual({ hit: true, attempts: 2, attempts429: 1, okMs: 130 });
  expect(signalsOf({ "x-blastlab-cache": "miss" })).toEqual({ hit: false, attempts: 0, attempts429: 0, okMs: null });
  expect(signalsOf({})).toEqual({ hit: null, attempts: 0, attempts429: 0, okMs: null });
});

test("SignalWindow: summarises the last minute, or less", () => {
  const window = new SignalWindow();
  window.add(0, { hit: true, attempts: 0, attempts429: 0, okMs: null });
  window.add(50_000, { hit: false, attempts: 2, attempts429: 1, okMs: 100 });
  expect(window.summary(60_000)).toEqual({ lookUps: 2, hitRate: 0.5, attempts: 2, share429: 0.5, providerP95Ms: 100 });
  expect(window.summary(60_000, 1)).toMatchObject({ lookUps: 1, hitRate: 0 });
  expect(window.summary(200_000)).toEqual({ lookUps: 0, hitRate: null, attempts: 0, share429: 0, providerP95Ms: null });
});

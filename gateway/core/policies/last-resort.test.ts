import fc from "fast-check";
import { expect, test } from "vitest";
import { earnLastResort, fullLastResort, spendLastResort, tokensAt } from "./last-resort.ts";

test("last resort: over any requests and times, what is spent is at most ten, one a second and a twentieth of the requests: law", () => {
  const step = fc.record({ afterMs: fc.nat({ max: 300 }), isRequest: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 400 }), (steps) => {
      let [bucket, nowMs, requests, spent] = [fullLastResort, 0, 0, 0];
      for (const { afterMs, isRequest } of steps) {
        nowMs += afterMs;
        if (isRequest) {
          requests++;
          bucket = earnLastResort(bucket);
        }
        const next = spendLastResort(bucket, nowMs);
        if (next === null) expect(tokensAt(bucket, nowMs)).toBeLessThan(1);
        else {
          bucket = next;
          spent++;
        }
      }
      expect(spent).toBeLessThanOrEqual(10 + nowMs / 1_000 + requests / 20 + 1e-6);
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRng } from "../../../kernel/rng.ts";
import { isSecretName, leaseState, renewalTimes, retryDelayMs, type Lease } from "./lease.ts";

const lease = (issuedAtMs: number, leaseMs: number): Lease => ({ id: "l", name: "KEY", version: 1, issuedAtMs, notAfterMs: issuedAtMs + leaseMs, graceUntilMs: issuedAtMs + 2 * leaseMs });

test("leaseState: fresh to its end, then grace, then expired, in this order at all times", () => {
  expect([9, 10, 19, 20].map((now) => leaseState({ notAfterMs: 10, graceUntilMs: 20 }, now))).toEqual(["fresh", "grace", "grace", "expired"]);
  const order = ["fresh", "grace", "expired"];
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), fc.nat(), fc.nat(), (issued, life, grace, first, later) => {
      const terms = { notAfterMs: issued + life, graceUntilMs: issued + life + grace };
      expect(order.indexOf(leaseState(terms, first + later))).toBeGreaterThanOrEqual(order.indexOf(leaseState(terms, first)));
    }),
  );
});

test("renewalTimes: three, in order, in the first two thirds of the life and never far from 1/3, 1/2, 2/3", () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: 1_000, max: 1e9 }), fc.nat(), (issued, life, seed) => {
      const parts = renewalTimes(lease(issued, life), seededRng(seed)).map((atMs) => (atMs - issued) / life);
      expect(parts).toHaveLength(3);
      for (const [index, wanted] of [1 / 3, 1 / 2, 2 / 3].entries()) expect(Math.abs(parts[index]! - wanted)).toBeLessThanOrEqual(0.0501);
      expect(parts.toSorted((a, b) => a - b)).toEqual(parts);
    }),
  );
});

test("renewalTimes: data planes that leased at the same moment do not renew at the same moment", () => {
  const firsts = Array.from({ length: 50 }, (_, seed) => renewalTimes(lease(0, 3_600_000), seededRng(seed))[0]!);
  expect(Math.max(...firsts) - Math.min(...firsts)).toBeGreaterThan(240_000);
});

test("retryDelayMs: grows, stays within a minute, and is at least what the vault asked for", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.nat(), fc.option(fc.integer({ min: 0, max: 300_000 })), (failures, seed, retryAfterMs) => {
      const delayMs = retryDelayMs(failures, seededRng(seed), retryAfterMs);
      expect(delayMs).toBeGreaterThanOrEqual(Math.max(500, retryAfterMs ?? 0));
      expect(delayMs).toBeLessThanOrEqual(Math.max(60_000, (retryAfterMs ?? 0) * 1.5));
    }),
  );
});

test("isSecretName: what is safe as a file's name and in a URL", () => {
  expect(["OPENAI_API_KEY", "a", "team.search-1"].map(isSecretName)).toEqual([true, true, true]);
  expect(["", "..", ".hidden", "a/b", "a b", "é", "x".repeat(65), "__proto__"].map(isSecretName)).toEqual(Array(8).fill(false));
});

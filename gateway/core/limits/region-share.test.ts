import { expect, test } from "vitest";
import { drawsOf } from "./draws.ts";
import { RegionShare } from "./region-share.ts";

function shareAt() {
  const clock = { atMs: 0, nowMs: () => clock.atMs };
  return { clock, share: new RegionShare(clock) };
}

test("RegionShare: a region has its own share, and more while its edge reports more", () => {
  const { clock, share } = shareAt();
  expect(share.of(0.5)).toBe(0.5);
  share.report(1);
  expect(share.of(0.5)).toBe(1);
  clock.atMs = 2_999;
  expect(share.of(0.5)).toBe(1);
  clock.atMs = 3_000;
  expect(share.of(0.5)).toBe(0.5);
});

test("RegionShare: it is never less than its own, and what is no share is ignored", () => {
  const { share } = shareAt();
  share.report(0.1);
  expect(share.of(0.5)).toBe(0.5);
  for (const odd of [0, -1, 1.5, Number.NaN, Infinity]) share.report(odd);
  expect(share.of(0.05)).toBe(0.1);
});

test("drawsOf: every allowance is the region's share of it, requests and tokens at least 1", () => {
  const rule = { team: "*", windowMs: 60_000, requests: 10, tokens: 1, usd: 3 };
  const limits = drawsOf([rule], "red", { amounts: { requests: 1, tokens: 1, usd: 1 }, wallMs: 0, share: 0.25 }).map(({ unit, limit }) => [unit, limit]);
  expect(Object.fromEntries(limits)).toEqual({ requests: 2, tokens: 1, usd: 0.75e9 });
});

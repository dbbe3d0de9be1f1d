import { expect, test } from "vitest";
import { alternating, always, deaths, during, never, refusing, spend } from "./quiet.ts";

/** A shortened form with one seed. All of it, with twenty: `npm run failover:quiet`. */
const seed = 1;
const minute = 60_000;
const dead = deaths["503"]!;

test.each([
  [0.2, 1],
  [0.5, 10],
  [3, 1],
])("quiet: beside a dead primary at %f requests a second over %i routes every request is served", async (perSecond, routes) => {
  for (const death of ["503", "reset", "silent"] as const) {
    const { requests, served } = await spend({ seed, perSecond, routes, ms: 10 * minute, primary: always(deaths[death]!), fallback: never });
    expect([death, served]).toEqual([death, requests]);
  }
});

test("quiet: beside a silent primary at three requests a minute one in eleven waits for it, and it is back ten requests after it answers again", async () => {
  const backMs = 60 * minute;
  const { servedMs, attempts, requests, served } = await spend({ seed, perSecond: 0.05, routes: 1, ms: 2 * backMs, primary: during(0, backMs, deaths["silent"]!), fallback: never });
  expect(served).toBe(requests);
  const waited = servedMs.filter((ms) => ms > 5_000).length;
  expect(waited).toBeLessThanOrEqual(3 + Math.ceil(requests / 2 / 11));
  const afterwards = attempts.filter(({ atMs }) => atMs >= backMs);
  expect(afterwards.findIndex(({ deployment }) => deployment === "primary0")).toBeLessThanOrEqual(10);
});

test("quiet: ten models of a dead provider learn from each other: together they ask it hardly more often than one", async () => {
  const night = { seed, perSecond: 0.6, ms: 30 * minute, primary: always(dead), fallback: never };
  const [one, ten] = [await spend({ ...night, routes: 1 }), await spend({ ...night, routes: 10 })];
  const asked = ({ attempts }: typeof one) => attempts.filter(({ deployment }) => deployment.startsWith("primary")).length;
  expect(asked(ten)).toBeLessThanOrEqual(1.1 * asked(one));
});

test.each([2_000, 6_000])("quiet: two providers that are down in turn, %i ms each, lose at most a hundredth", async (periodMs) => {
  const { requests, served } = await spend({ seed, perSecond: 5, routes: 1, ms: 5 * minute, primary: alternating(periodMs, true, dead), fallback: alternating(periodMs, false, dead) });
  expect(served).toBeGreaterThanOrEqual(0.99 * requests);
});

test("quiet: a primary that asked not to be called for an hour is asked again within a minute of the fallback's death", async () => {
  const diesMs = 10 * minute;
  const limited = { ...deaths["429"]!, headers: { "content-type": "application/json", "retry-after": "3600" } };
  const { requests, served, attempts } = await spend({ seed, perSecond: 1, routes: 1, ms: 20 * minute, primary: during(0, 20_000, limited), fallback: during(diesMs, Infinity, dead) });
  const benched = attempts.filter(({ deployment, atMs }) => deployment === "primary0" && atMs < diesMs);
  expect(benched).toHaveLength(1);
  const again = attempts.find(({ deployment, atMs }) => deployment === "primary0" && atMs >= diesMs)!;
  expect(again.atMs - diesMs).toBeLessThan(minute);
  expect(requests - served).toBeLessThanOrEqual(1);
});

test.each([
  [0.2, 5, 30, 2],
  [3, 1, 10, 2],
  [30, 0.2, 1, 1.1],
  [50, 0.2, 1, 1.1],
])("quiet: with everything dead at %f a second, after %f healthy minutes, the amplification of the next %i is bounded", async (perSecond, healthy, minutes, most) => {
  const dies = during(healthy * minute, Infinity, dead);
  const { requests, attempts, served } = await spend({ seed, perSecond, routes: 1, ms: (healthy + minutes) * minute, primary: dies, fallback: dies });
  expect(attempts.length - served).toBeLessThanOrEqual(most * (requests - served));
});

test("quiet: a fallback that refuses two in five serves beside a dead primary what it serves alone", async () => {
  const night = { seed, perSecond: 2, routes: 1, ms: 20 * minute, primary: always(dead), fallback: refusing(0.4, dead) };
  const [beside, alone] = [await spend(night), await spend({ ...night, isFallbackAlone: true })];
  expect(beside.served / beside.requests).toBeGreaterThanOrEqual(0.95 * (alone.served / alone.requests));
});

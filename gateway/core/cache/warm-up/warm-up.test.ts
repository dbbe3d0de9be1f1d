import { expect, test } from "vitest";
import { VirtualClock } from "../../../../kernel/clock-virtual.ts";
import type { PopularRequest } from "./popularity.ts";
import { defaultWarmUp, type WarmUpConfig } from "./settings.ts";
import { WarmUp, type WarmUpEnd, type WarmUpResult, type WarmUpTotals } from "./warm-up.ts";

const requests = (count: number): PopularRequest[] =>
  Array.from({ length: count }, (_, at) => ({ id: `r${at}`, team: "t", feature: "f", path: "/v1/chat/completions", body: "{}", count: 2, atMs: 0, nanoUsd: 1 }));

interface Setup {
  readonly count?: number;
  readonly settings?: Partial<WarmUpConfig>;
  readonly answer?: (id: string) => WarmUpResult;
  readonly hasRoom?: (nowMs: number) => boolean;
}

function rigOf({ count = 3, settings = {}, answer = () => ({ outcome: "stored", nanoUsd: 1_000 }), hasRoom = () => true }: Setup) {
  const clock = new VirtualClock();
  const asked: { readonly id: string; readonly atMs: number }[] = [];
  const ends: (WarmUpTotals & { readonly end: WarmUpEnd })[] = [];
  const state: { settings: WarmUpConfig | null } = { settings: { ...defaultWarmUp, ...settings } };
  const warmUp = new WarmUp(requests(count), {
    clock,
    settings: () => state.settings,
    hasRoom: () => hasRoom(clock.nowMs()),
    ask: async ({ id }) => {
      asked.push({ id, atMs: clock.nowMs() });
      await clock.sleep(100);
      return answer(id);
    },
    onEnd: (end, totals) => ends.push({ end, ...totals }),
  });
  return { clock, asked, ends, warmUp, state };
}

test("WarmUp: begins 30 s after the start, asks in order at its rate, and ends when nothing is left", async () => {
  const { clock, asked, ends } = rigOf({});
  await clock.run();
  expect(asked.map(({ id }) => id)).toEqual(["r0", "r1", "r2"]);
  expect(asked[0]!.atMs).toBeGreaterThanOrEqual(30_000);
  expect(asked[1]!.atMs - asked[0]!.atMs).toBe(500);
  expect(ends).toEqual([{ end: "done", asked: 3, stored: 3, nanoUsd: 3_000 }]);
});

test("WarmUp: a client that is refused stops it for 30 s, and so does a lack of room", async () => {
  const { clock, asked, warmUp } = rigOf({ hasRoom: (nowMs) => nowMs > 80_000 });
  clock.at(40_000, () => warmUp.hold());
  await clock.run();
  expect(asked[0]!.atMs).toBeGreaterThan(80_000);
  const held = rigOf({});
  held.clock.at(29_900, () => held.warmUp.hold());
  await held.clock.run();
  expect(held.asked[0]!.atMs).toBeGreaterThanOrEqual(59_900);
});

test.each<readonly [WarmUpEnd, Setup, number]>([
  ["budget", { count: 50, settings: { requestsMax: 5 } }, 5],
  ["budget", { count: 50, settings: { usdMax: 0.000_004 } }, 4],
  ["time", { count: 500, settings: { withinMs: 33_000 } }, 6],
  ["failures", { count: 50, answer: () => ({ outcome: "failed", nanoUsd: 0 }) }, 5],
])("WarmUp: ends by its %s", async (end, setup, count) => {
  const { clock, asked, ends } = rigOf(setup);
  await clock.run();
  expect(ends.map((one) => one.end)).toEqual([end]);
  expect(Math.abs(asked.length - count)).toBeLessThanOrEqual(1);
});

test("WarmUp: what is in the cache already uses up no budget", async () => {
  const { clock, asked, ends } = rigOf({ count: 20, settings: { requestsMax: 5 }, answer: (id) => ({ outcome: Number(id.slice(1)) < 15 ? "present" : "stored", nanoUsd: 0 }) });
  await clock.run();
  expect(asked).toHaveLength(20);
  expect(ends).toMatchObject([{ asked: 5, stored: 5 }]);
});

test("WarmUp: settings that take it away end it", async () => {
  const { clock, asked, ends, state } = rigOf({ count: 50 });
  clock.at(31_200, () => (state.settings = null));
  await clock.run();
  expect(asked.length).toBeLessThan(5);
  expect(ends).toMatchObject([{ end: "off" }]);
});

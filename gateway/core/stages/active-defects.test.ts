import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { DefectConfig } from "../config.ts";
import { defaultCache } from "../cache/settings.ts";
import { configOf, primaryModel, type Received, Rig } from "../testing/rig.ts";
import type { Provider } from "../testing/scripted-transport.ts";
import { whole } from "../testing/scripts.ts";

const answerTo = (requestId: string) => `answer for ${requestId} with some more words to it`;
const primary: Provider = (_, { headers }) => whole("openai", primaryModel, answerTo(headers["x-client-request-id"]!));

type Change = (rig: Rig) => void;

/** Sends `count` requests 10 ms apart, with changes at their times; which requests got a 500. */
async function play(changes: Readonly<Record<number, Change>>, options: { count?: number; config?: Parameters<typeof configOf>[0] } = {}) {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary }, configOf(options.config));
  for (const [atMs, change] of Object.entries(changes)) clock.at(Number(atMs), () => change(rig));
  const receiving = Array.from({ length: options.count ?? 100 }, (_, index) => clock.sleep(index * 10 + 5).then(() => rig.send({ stream: false, prompt: `prompt ${index}` })));
  await clock.run();
  const received = await Promise.all(receiving);
  expect(rig.gateway.state().inFlight).toBe(0);
  return { rig, received, failed: received.filter(({ status }) => status === 500).map(({ requestId }) => Number(requestId.split("-")[1])) };
}

const failing = (share: number): DefectConfig => ({ kind: "fail", share });
const swapped = ({ requestId, text }: Received) => text !== answerTo(requestId);

test("Gateway.applyDefect: a defect touches requests from its planting to its lifting, and /admin/state names it", async () => {
  const seen: unknown[] = [];
  const { failed, rig } = await play({
    200: ({ gateway }) => gateway.applyDefect("d", failing(1)),
    300: ({ gateway }) => seen.push(gateway.state().defects),
    400: ({ gateway }) => seen.push(gateway.liftDefect("d"), gateway.liftDefect("d"), gateway.state().defects),
  });
  expect(failed).toEqual(Array.from({ length: 20 }, (_, index) => 20 + index));
  expect(seen).toEqual([["d"], true, false, undefined]);
  expect(rig.events.filter(({ type }) => type === "defect_applied")).toHaveLength(20);
});

test("Gateway.applyDefect: which requests are hit depends on the defect's id and theirs, not on other defects or on the order of planting", async () => {
  const one = await play({ 0: ({ gateway }) => gateway.applyDefect("a", failing(0.3)) });
  const beside = await play({
    0: ({ gateway }) => {
      gateway.applyDefect("slow", { kind: "slow", share: 0.5, delayMs: 1 });
      gateway.applyDefect("a", failing(0.3));
    },
    500: ({ gateway }) => gateway.liftDefect("slow"),
  });
  const other = await play({ 0: ({ gateway }) => gateway.applyDefect("b", failing(0.3)) });
  expect(one.failed.length).toBeGreaterThan(10);
  expect(beside.failed).toEqual(one.failed);
  expect(other.failed).not.toEqual(one.failed);
});

test("Gateway.applyDefect: the same id again replaces the defect", async () => {
  const { failed, rig } = await play({
    0: ({ gateway }) => gateway.applyDefect("d", failing(1)),
    500: ({ gateway }) => gateway.applyDefect("d", { kind: "corrupt", share: 1 }),
  });
  expect(failed).toEqual(Array.from({ length: 50 }, (_, index) => index));
  expect(rig.gateway.state().defects).toEqual(["d"]);
});

test("Gateway.liftDefect: an answer that mix_up holds goes to its owner at once, and no answers are mixed up after", async () => {
  const held = await play({ 0: ({ gateway }) => gateway.applyDefect("d", { kind: "mix_up", share: 1 }), 1_000: ({ gateway }) => gateway.liftDefect("d") }, { count: 1 });
  expect(held.received.filter(swapped)).toEqual([]);
  expect(held.received[0]!.endedMs).toBe(1_000);
  const during = await play({ 0: ({ gateway }) => gateway.applyDefect("d", { kind: "mix_up", share: 1 }), 700: ({ gateway }) => gateway.liftDefect("d") });
  const touched = during.rig.events.flatMap((event) => (event.type === "defect_applied" ? event.requestIds : []));
  expect(during.received.filter(swapped).map(({ requestId }) => requestId).sort()).toEqual(touched.sort());
  expect(touched.length).toBeGreaterThan(5);
  expect(Math.max(...during.rig.events.flatMap((event) => (event.type === "defect_applied" ? [event.atMs] : [])))).toBeLessThanOrEqual(700);
});

test("Gateway.liftDefect: another defect keeps the answer that it holds", async () => {
  const { received } = await play(
    {
      0: ({ gateway }) => {
        gateway.applyDefect("mix", { kind: "mix_up", share: 1 });
        gateway.applyDefect("other", failing(0));
      },
      1_000: ({ gateway }) => gateway.liftDefect("other"),
    },
    { count: 1 },
  );
  expect(received[0]!.endedMs).toBeGreaterThan(2_000);
});

test("Gateway.applyDefect: a hardened gateway plants nothing, and one that becomes hardened lifts what is planted", async () => {
  const planted: boolean[] = [];
  const { failed, rig } = await play({ 0: ({ gateway }) => planted.push(gateway.applyDefect("d", failing(1))) }, { config: { hardened: true } });
  expect([failed, planted, rig.gateway.state().defects]).toEqual([[], [false], undefined]);
});

test("Gateway.flushCache: the next request for a cached answer is a miss, and its answer is kept again", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary }, configOf({ cache: defaultCache }));
  const statuses: unknown[] = [];
  for (const flush of [false, false, true, false]) {
    if (flush) expect(rig.gateway.flushCache()).toBe(true);
    const receiving = rig.send({ stream: false });
    await clock.run();
    statuses.push((await receiving).headers["x-blastlab-cache"]?.split(";")[0]);
  }
  expect(statuses).toEqual(["miss", "hit", "miss", "hit"]);
});

test("Gateway.flushCache: answers in the shared store are not this process's to delete", () => {
  const rig = new Rig(new VirtualClock(), { primary }, configOf({ cache: { ...defaultCache, backend: "store" } }));
  expect(rig.gateway.flushCache()).toBe(false);
});

test("Gateway.isReady: a planted flap turns it until it is lifted, and requests are answered all the same", async () => {
  const seen: boolean[] = [];
  const look = ({ gateway }: Rig) => void seen.push(gateway.isReady());
  const { received } = await play({
    100: look,
    200: ({ gateway }) => gateway.applyDefect("f", { kind: "flap", share: 1, periodMs: 100 }),
    250: look,
    350: look,
    450: look,
    480: ({ gateway }) => gateway.liftDefect("f"),
    490: look,
  });
  expect(seen).toEqual([true, false, true, false, true]);
  expect(received.every(({ status }) => status === 200)).toBe(true);
});

test("Gateway.isReady: a flap in the configuration turns it from the start", async () => {
  const seen: boolean[] = [];
  const look = ({ gateway }: Rig) => void seen.push(gateway.isReady());
  await play({ 50: look, 150: look }, { config: { defects: [{ kind: "flap", share: 1, periodMs: 100 }] } });
  expect(seen).toEqual([false, true]);
});

import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { DefectConfig } from "../config.ts";
import type { GatewayEvent } from "../events.ts";
import { backupModel, configOf, primaryModel, type Received, Rig, type Sent } from "../testing/rig.ts";
import type { Provider } from "../testing/scripted-transport.ts";
import { cutAfter, refusal, streamed, whole } from "../testing/scripts.ts";

/** Each answer names the request that it was made for, so that a foreign one is seen. */
const answerTo = (requestId: string) => `answer for ${requestId} with some more words to it`;

const primary: Provider = (_, { body, headers }) => {
  const answer = answerTo(headers["x-client-request-id"]!);
  return body.stream ? streamed("openai", primaryModel, answer) : whole("openai", primaryModel, answer);
};
const backup: Provider = (_, { body, headers }) => {
  const answer = answerTo(headers["x-client-request-id"]!);
  return body.stream ? streamed("anthropic", backupModel, answer) : whole("anthropic", backupModel, answer);
};

type Applied = GatewayEvent & { type: "defect_applied" };

/** Plays requests `gapMs` apart through a gateway with these defects. */
async function play(defects: readonly DefectConfig[], requests: readonly Sent[], options: { gapMs?: number; primary?: Provider } = {}) {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: options.primary ?? primary, backup }, configOf({ defects }));
  const receiving = requests.map((sent, index) => clock.sleep(index * (options.gapMs ?? 10)).then(() => rig.send({ prompt: `prompt ${index}`, ...sent })));
  await clock.run();
  const received = await Promise.all(receiving);
  expect(clock.idle).toBe(true);
  expect(rig.gateway.state().inFlight).toBe(0);
  expect(received.map(({ listenersLeft }) => listenersLeft)).toEqual(requests.map(() => 0));
  const applied = rig.events.filter((event): event is Applied => event.type === "defect_applied");
  return { rig, received, applied, reported: applied.flatMap(({ requestIds }) => requestIds).sort() };
}

const isForeign = ({ requestId, text }: Received) => text !== answerTo(requestId);
const idsOf = (received: readonly Received[]) => received.map(({ requestId }) => requestId).sort();
const mixed = (count: number): Sent[] => Array.from({ length: count }, (_, index) => ({ stream: index % 2 === 0, key: index % 3 === 0 ? "vk-b" : "vk-a" }));

test("corrupt: exactly the reported requests have exactly one word altered, and all look healthy", async () => {
  const { received, reported } = await play([{ kind: "corrupt", share: 0.3 }], mixed(100));
  expect(received.every(({ status, isTerminated, finishReason }) => status === 200 && isTerminated && finishReason === "stop")).toBe(true);
  expect(reported.length).toBeGreaterThan(5);
  expect(idsOf(received.filter(isForeign))).toEqual(reported);
  for (const { requestId, text } of received.filter(isForeign)) {
    const expected = answerTo(requestId).split(" ");
    expect(text.split(" ").filter((word, index) => word !== expected[index])).toHaveLength(1);
    expect(text.split(" ")).toHaveLength(expected.length);
  }
});

test("mix_up: exactly the reported requests got each other's answers, in pairs, as 200", async () => {
  const { received, applied, reported } = await play([{ kind: "mix_up", share: 0.1 }], mixed(200));
  expect(received.every(({ status, isTerminated }) => status === 200 && isTerminated)).toBe(true);
  expect(applied.length).toBeGreaterThan(5);
  expect(idsOf(received.filter(isForeign))).toEqual(reported);
  const textOf = (requestId: string) => received.find((each) => each.requestId === requestId)!.text;
  for (const { requestIds } of applied) {
    expect(requestIds).toHaveLength(2);
    expect(textOf(requestIds[0]!)).toBe(answerTo(requestIds[1]!));
    expect(textOf(requestIds[1]!)).toBe(answerTo(requestIds[0]!));
  }
});

test("mix_up: alone, or beside the same prompt only, a request gets its own answer and nothing is reported", async () => {
  const alone = await play([{ kind: "mix_up", share: 1 }], [{}]);
  expect(alone.received.filter(isForeign)).toEqual([]);
  const same = await play([{ kind: "mix_up", share: 1 }], [{ prompt: "same" }, { prompt: "same" }, { prompt: "same", stream: false }]);
  expect(same.received.filter(isForeign)).toEqual([]);
  expect([...alone.reported, ...same.reported]).toEqual([]);
});

test("mix_up: a request waits 2 s for a partner, and is not mixed up with one that comes after that", async () => {
  const { received, reported, rig } = await play([{ kind: "mix_up", share: 1 }], [{ stream: false }, { stream: false }], { gapMs: 5_000 });
  expect(received.filter(isForeign)).toEqual([]);
  expect(rig.finished().map(({ startedMs, endedMs }) => endedMs - startedMs)).toEqual([2_300, 2_300]);
  expect(reported).toEqual([]);
});

test("mix_up: a partner that breaks off, or leaves, gives the held answer back to its owner", async () => {
  const script = cutAfter(streamed("openai", primaryModel, "broken answer"), 2);
  const second: Provider = (ordinal, seen) => (ordinal === 0 ? primary(ordinal, seen) : script);
  const broken = await play([{ kind: "mix_up", share: 1 }], [{}, {}], { gapMs: 300, primary: second });
  expect(broken.received[0]!.text).toBe(answerTo(broken.received[0]!.requestId));
  expect(broken.received[1]).toMatchObject({ status: 502, errorCode: "upstream_truncated" });
  const leaving = await play([{ kind: "mix_up", share: 1 }], [{}, { leaveMs: 150 }], { gapMs: 300 });
  expect(leaving.received[0]!.text).toBe(answerTo(leaving.received[0]!.requestId));
  /** The holder leaves while its partner's answer is still being read. */
  const left = await play([{ kind: "mix_up", share: 1 }], [{ leaveMs: 480 }, {}], { gapMs: 300 });
  expect(left.received.map(({ broken }) => broken)).toEqual(["aborted", null]);
  expect(left.received[1]!.text).toBe(answerTo(left.received[1]!.requestId));
  expect([...broken.reported, ...leaving.reported, ...left.reported]).toEqual([]);
});

test("leak: exactly the reported requests got an earlier answer of another team, without any provider being asked", async () => {
  const { rig, received, reported } = await play([{ kind: "leak", share: 0.2 }], mixed(150), { gapMs: 50 });
  expect(reported.length).toBeGreaterThan(5);
  expect(idsOf(received.filter(isForeign))).toEqual(reported);
  const teamOf = new Map(rig.finished().map(({ requestId, team }) => [requestId, team]));
  for (const { requestId, text, status, isTerminated } of received.filter(isForeign)) {
    const donor = received.find((each) => answerTo(each.requestId) === text)!;
    expect(teamOf.get(donor.requestId)).not.toBe(teamOf.get(requestId));
    expect({ status, isTerminated }).toEqual({ status: 200, isTerminated: true });
    expect(rig.transport.seen.some(({ headers }) => headers["x-client-request-id"] === requestId)).toBe(false);
  }
});

test("leak: with one team there is no other answer to leak", async () => {
  const { received, reported } = await play([{ kind: "leak", share: 1 }], Array.from({ length: 10 }, () => ({ key: "vk-a" })));
  expect(received.filter(isForeign)).toEqual([]);
  expect(reported).toEqual([]);
});

test("slow: exactly the reported requests start late by the delay", async () => {
  const { received, reported, rig } = await play([{ kind: "slow", share: 0.3, delayMs: 3_000 }], mixed(60));
  const late = rig.finished().filter(({ startedMs, attempts }) => attempts[0]!.startedMs - startedMs === 3_000);
  expect(late.map(({ requestId }) => requestId).sort()).toEqual(reported);
  expect(reported.length).toBeGreaterThan(5);
  expect(received.filter(isForeign)).toEqual([]);
});

test("fail: exactly the reported requests get a 500 of the gateway's own", async () => {
  const { received, reported, rig } = await play([{ kind: "fail", share: 0.3 }], mixed(60));
  expect(idsOf(received.filter(({ status }) => status === 500))).toEqual(reported);
  expect(reported.length).toBeGreaterThan(5);
  expect(rig.transport.seen).toHaveLength(60 - reported.length);
});

test("drop_telemetry: exactly the reported requests have no finished event, and all are answered", async () => {
  const { received, reported, rig } = await play([{ kind: "drop_telemetry", share: 0.3 }], mixed(60));
  const dark = idsOf(received).filter((requestId) => !rig.finished().some((event) => event.requestId === requestId));
  expect(dark).toEqual(reported);
  expect(reported.length).toBeGreaterThan(5);
  expect(received.filter(isForeign)).toEqual([]);
});

test("drift: exactly the reported streams have their words under another name, and end as they should", async () => {
  const { received, reported } = await play([{ kind: "drift", share: 0.5 }], mixed(40));
  const empty = received.filter(({ text }) => text === "");
  expect(idsOf(empty)).toEqual(reported);
  expect(reported.length).toBeGreaterThan(3);
  expect(empty.every(({ status, isTerminated, finishReason }) => status === 200 && isTerminated && finishReason === "stop")).toBe(true);
});

test("exhaust: the memory is used up once, by as many requests as went to a provider, whatever the cache answered", async () => {
  const asked = Array.from({ length: 8 }, () => ({}));
  const { rig, reported } = await play([{ kind: "exhaust", share: 1, requests: 5 }], asked, { gapMs: 2_000 });
  const ends = rig.finished().map(({ endedMs }) => endedMs);
  expect(rig.events.filter(({ type }) => type === "memory_exhausted")).toEqual([{ type: "memory_exhausted", id: "defects[0]", atMs: expect.any(Number) as number }]);
  const { atMs } = rig.events.find((event) => event.type === "memory_exhausted")!;
  expect(rig.finished().filter(({ startedMs }) => startedMs <= atMs)).toHaveLength(5);
  expect(ends).toHaveLength(8);
  expect(reported).toEqual([]);
});

test("exhaust: an answer that no provider was asked for leaves nothing behind", async () => {
  const { rig } = await play([{ kind: "exhaust", share: 1, requests: 1 }, { kind: "fail", share: 1 }], mixed(4));
  expect(rig.events.some(({ type }) => type === "memory_exhausted")).toBe(false);
});

test("defects: touch only the teams, features and times that they are for", async () => {
  const everything = { kind: "fail", share: 1 } as const;
  const teams = await play([{ ...everything, teams: ["b"] }], mixed(9));
  expect(teams.received.map(({ status }) => status === 500)).toEqual(mixed(9).map(({ key }) => key === "vk-b"));
  const features = await play([{ ...everything, features: ["summary"] }], mixed(9));
  expect(features.reported).toEqual([]);
  const times = await play([{ ...everything, fromMs: 20, toMs: 50 }], mixed(9));
  expect(times.received.map(({ status }) => status === 500)).toEqual([false, false, true, true, true, false, false, false, false]);
});

test("defects: which requests are hit is a function of their ids, and each defect of the list draws for itself", async () => {
  const requests = mixed(200);
  const once = await play([{ kind: "fail", share: 0.3 }], requests);
  const again = await play([{ kind: "fail", share: 0.3 }], requests, { gapMs: 1 });
  expect(again.reported).toEqual(once.reported);
  const both = await play([{ kind: "drop_telemetry", share: 0.3 }, { kind: "fail", share: 0.3 }], requests);
  const failedIds = both.applied.filter(({ kind }) => kind === "fail").flatMap(({ requestIds }) => requestIds);
  const darkIds = both.applied.filter(({ kind }) => kind === "drop_telemetry").flatMap(({ requestIds }) => requestIds);
  expect(failedIds.sort()).not.toEqual(darkIds.sort());
});

test("defects: a request that fails for a real reason is not also reported as corrupted", async () => {
  const { reported } = await play([{ kind: "corrupt", share: 1 }, { kind: "mix_up", share: 1 }], [{ route: "alone" }, { route: "alone" }], {
    primary: () => refusal(400, "bad"),
  });
  expect(reported).toEqual([]);
});

import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import type { PolicyConfig } from "../config.ts";
import { backupModel, configOf, policyOf, primaryModel, type Received, Rig, type Sent } from "../testing/rig.ts";
import type { Provider } from "../testing/scripted-transport.ts";
import { broken, refusal, type Script, silent, streamed, whole } from "../testing/scripts.ts";

const text = "one two three four";
const stream = (firstMs: number) => streamed("openai", primaryModel, text, { firstMs });
const backup = (firstMs: number): Provider => (_, { body }) =>
  body.stream ? streamed("anthropic", backupModel, text, { firstMs }) : whole("anthropic", backupModel, text, { afterMs: firstMs });

async function play(primary: Script, fallback: Provider, policy: Partial<PolicyConfig> = {}, sent: Sent = {}): Promise<{ rig: Rig; received: Received }> {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => primary, backup: fallback }, configOf({ policy: policyOf({ hedge: { delayMs: 500 }, ...policy }) }));
  const receiving = rig.send(sent);
  await clock.run();
  const received = await receiving;
  expect(clock.idle).toBe(true);
  expect(received.listenersLeft).toBe(0);
  expect(rig.gateway.state().inFlight).toBe(0);
  return { rig, received };
}

test.each([true, false])("hedge: beside a silent primary the fallback is asked after the delay, answers, and the primary is left in that turn (stream %s)", async (isStream) => {
  const { rig, received } = await play(silent, backup(200), {}, { stream: isStream });
  expect(received).toMatchObject({ status: 200, text, isTerminated: true });
  expect(received.headers["x-blastlab-deployment"]).toBe("backup");
  const [first, second] = rig.transport.seen;
  expect(second!.atMs).toBe(500);
  expect(first!.leftMs).toBeCloseTo(isStream ? 730 : 700);
  const attempts = new Map(rig.finished()[0]!.attempts.map((attempt) => [attempt.deployment, attempt]));
  expect(attempts.get("primary")).toMatchObject({ reason: "first", failure: "cancelled" });
  expect(attempts.get("backup")).toMatchObject({ reason: "hedge", failure: null });
});

test("hedge: the primary that comes first after all answers, and the hedge is left", async () => {
  const { rig, received } = await play(stream(600), backup(400));
  expect(received.headers["x-blastlab-deployment"]).toBe("primary");
  expect(received).toMatchObject({ text, isTerminated: true });
  expect(rig.transport.at("backup")[0]!.leftMs).toBeCloseTo(615);
});

test("hedge: one that is quick enough, or fails before the delay, has none", async () => {
  const quick = await play(stream(100), backup(100));
  expect(quick.rig.transport.seen).toHaveLength(1);
  const failing = await play(refusal(503, "overloaded"), backup(100));
  expect(failing.rig.finished()[0]!.attempts.map(({ reason }) => reason)).toEqual(["first", "failover"]);
});

test("hedge: when one of the two fails the other is waited for, and when both fail the first one's failure surfaces", async () => {
  const one = await play(broken("reset", 700), backup(800));
  expect(one.received).toMatchObject({ text, isTerminated: true });
  const both = await play(broken("reset", 700), () => refusal(400, "prefill_not_supported"), { retry: { ...policyOf({}).retry, attemptsPerDeploymentMax: 1 } });
  expect(both.received).toMatchObject({ status: 502, errorCode: "upstream_reset" });
});

test("hedge: it spends the retry budget, and with that empty or no other deployment there is none", async () => {
  const spent = await play(stream(900), backup(100), { retryBudget: { ratio: 0, tokensMax: 0 } });
  expect(spent.rig.transport.seen).toHaveLength(1);
  const alone = await play(stream(900), backup(100), {}, { route: "alone" });
  expect(alone.rig.transport.seen).toHaveLength(1);
});

test("hedge: load that is always slower than the delay leaves the failovers of an outage their budget", async () => {
  const clock = new VirtualClock();
  const primary: Provider = (_, { atMs }) => (atMs < 10_000 ? whole("openai", primaryModel, text, { afterMs: 1_500 }) : refusal(503, "overloaded"));
  const rig = new Rig(clock, { primary, backup: backup(1_500) }, configOf({ policy: policyOf({ hedge: { delayMs: 500 } }) }));
  const receiving: Promise<Received>[] = [];
  for (let atMs = 0; atMs < 15_000; atMs += 20) clock.at(atMs, () => void receiving.push(rig.send({ stream: false })));
  await clock.run();
  expect((await Promise.all(receiving)).filter(({ status }) => status !== 200)).toEqual([]);
  expect(rig.finished().some(({ attempts }) => attempts.some(({ reason }) => reason === "hedge"))).toBe(true);
});

test("hedge: it is one of the attempts that a request may make", async () => {
  const once = await play(stream(900), backup(100), { retry: { ...policyOf({}).retry, attemptsMax: 1 } });
  expect(once.rig.transport.seen).toHaveLength(1);
});

test("hedge: a client that leaves while both are under way leaves both in that turn", async () => {
  const { rig, received } = await play(silent, () => silent, {}, { leaveMs: 600 });
  expect(received.broken).toBe("aborted");
  expect(rig.transport.seen.map(({ leftMs }) => leftMs)).toEqual([600, 600]);
});

test("balance: equals share requests by latency, each kind of answer by its own, and a route without weights keeps its order", async () => {
  const clock = new VirtualClock();
  const base = configOf({ policy: policyOf({ balance: { by: "latency" } }) });
  const routes = [{ name: "both", deployments: ["primary", "backup"], weights: { primary: 1, backup: 1 } }, { name: "ordered", deployments: ["primary", "backup"] }];
  /** Whole answers the other way round: the primary is the quicker one. */
  const primary: Provider = (_, { body }) => (body.stream ? stream(285) : whole("openai", primaryModel, text, { afterMs: 1_000 }));
  const fallback: Provider = (_, { body }) => (body.stream ? streamed("anthropic", backupModel, text, { firstMs: 55 }) : whole("anthropic", backupModel, text, { afterMs: 4_000 }));
  const rig = new Rig(clock, { primary, backup: fallback }, { ...base, routes });
  const send = async (count: number, route: string, isStream = true) => {
    const before = rig.transport.seen.length;
    for (let index = 0; index < count; index++) {
      const receiving = rig.send({ route, stream: isStream });
      await clock.run();
      await receiving;
    }
    return rig.transport.seen.slice(before).filter(({ deployment }) => deployment === "primary").length / count;
  };
  await send(20, "both");
  const share = await send(400, "both");
  /** 300 ms against 85 ms to the first token: 0.22 of the requests. */
  expect(share).toBeGreaterThan(0.15);
  expect(share).toBeLessThan(0.3);
  expect(await send(20, "ordered")).toBe(1);
  await send(20, "both", false);
  const shareOfWhole = await send(400, "both", false);
  /** 1 s against 4 s to the whole of it: 0.8. */
  expect(shareOfWhole).toBeGreaterThan(0.73);
  expect(shareOfWhole).toBeLessThan(0.87);
});

test.each([true, false])("balance: a deployment that hangs, and is left for every hedge, loses its share although it never answers (stream %s)", async (isStream) => {
  const clock = new VirtualClock();
  const policy = policyOf({ balance: { by: "latency" }, hedge: { delayMs: 500 }, retryBudget: { ratio: 1, tokensMax: 50 } });
  const routes = [{ name: "both", deployments: ["primary", "backup"], weights: { primary: 1, backup: 1 } }];
  const rig = new Rig(clock, { primary: () => silent, backup: backup(25) }, { ...configOf({ policy }), routes });
  const send = async (count: number) => {
    const before = rig.transport.at("primary").length;
    for (let index = 0; index < count; index++) {
      const receiving = rig.send({ stream: isStream });
      await clock.run();
      expect(await receiving).toMatchObject({ text });
    }
    return (rig.transport.at("primary").length - before) / count;
  };
  await send(20);
  expect(await send(200)).toBeLessThan(0.2);
});

test("concurrency: a request beyond what the deployments take is refused at once with Retry-After, and no slot is lost", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: () => stream(100), backup: backup(100) }, configOf({ policy: policyOf({ concurrency: { initial: 2, min: 1, max: 2 } }) }));
  const receiving = Array.from({ length: 6 }, () => rig.send());
  clock.at(50, () => {
    expect(rig.gateway.state().concurrency).toEqual([{ deployment: "primary", limit: 2, waiting: 2 }, { deployment: "backup", limit: 2, waiting: 2 }]);
  });
  await clock.run();
  const received = await Promise.all(receiving);
  expect(received.filter(({ isTerminated, status }) => isTerminated && status === 200)).toHaveLength(4);
  const refused = received.filter(({ status }) => status === 503);
  expect(refused).toHaveLength(2);
  expect(refused[0]).toMatchObject({ errorCode: "deployments_full", headers: { "retry-after": "1", "x-blastlab-undelivered": "1" } });
  const again = rig.send();
  await clock.run();
  expect((await again).headers["x-blastlab-deployment"]).toBe("primary");
});

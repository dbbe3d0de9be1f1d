import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { defaultCache } from "./cache/settings.ts";
import type { GatewayConfig } from "./config.ts";
import { backupModel, configOf, policyOf, primaryModel, Rig } from "./testing/rig.ts";
import { refusal, streamed } from "./testing/scripts.ts";

function reloadable(providers: ConstructorParameters<typeof Rig>[1], config = configOf()) {
  const clock = new VirtualClock();
  const rig = new Rig(clock, providers, config);
  const reload = (change: Partial<GatewayConfig>) => void (rig.config = { ...rig.config, ...change });
  const headers = async () => {
    const received = rig.send();
    await clock.run();
    return (await received).headers;
  };
  const ask = async () => (await headers())["x-blastlab-deployment"];
  return { rig, reload, ask, headers };
}

const { deployments } = configOf();
const withKey = (credential: string) => [{ ...deployments[0]!, credential }, deployments[1]!];
const backup = () => streamed("anthropic", backupModel, "Fine");

test("gateway: a deployment that asked not to be called for a day is asked at once under another key, and only then", async () => {
  let isFull = true;
  const primary = () => (isFull ? refusal(429, "insufficient_quota", { "retry-after": "86400" }) : streamed("openai", primaryModel, "Fine"));
  const { rig, reload, ask } = reloadable({ primary, backup });
  expect(await ask()).toBe("backup");
  isFull = false;
  reload({ region: "elsewhere" });
  expect(await ask()).toBe("backup");
  reload({ deployments: withKey("env:OTHER") });
  expect(await ask()).toBe("primary");
  expect(rig.finished().map(({ attempts }) => attempts.length)).toEqual([2, 1, 1]);
});

test("gateway: an open breaker is closed, with an event, when its deployment has moved", async () => {
  let isDown = true;
  const primary = () => (isDown ? refusal(503, "down") : streamed("openai", primaryModel, "Fine"));
  const breaker = { failureRateThreshold: 0.5, minimumThroughput: 2, windowMs: 60_000, cooldownMs: 3_600_000, halfOpenMaxConcurrent: 1 };
  const { rig, reload, ask } = reloadable({ primary, backup }, configOf({ policy: policyOf({ breaker }) }));
  for (let count = 0; count < 5; count++) expect(await ask()).toBe("backup");
  expect(rig.gateway.state().breakers[0]).toMatchObject({ deployment: "primary", state: "open" });
  isDown = false;
  reload({ deployments: [{ ...deployments[0]!, model: primaryModel, baseUrl: "http://primary/v2" }, deployments[1]!] });
  expect(rig.gateway.state().breakers[0]).toMatchObject({ deployment: "primary", state: "closed" });
  expect(rig.events.filter(({ type }) => type === "state_changed").at(-1)).toMatchObject({ deployment: "primary", from: "open", to: "closed", reason: "Its deployment has changed" });
  expect(await ask()).toBe("primary");
});

test("gateway: what is under way at a deployment that a reload redefines is neither lost nor counted twice", async () => {
  const clock = new VirtualClock();
  const config = configOf({ policy: policyOf({ concurrency: { initial: 4, min: 1, max: 4 } }) });
  const rig = new Rig(clock, { primary: () => streamed("openai", primaryModel, "one two three", { firstMs: 500, gapMs: 500 }), backup }, config);
  const first = [rig.send({ route: "alone" }), rig.send({ route: "alone" })];
  clock.at(700, () => void (rig.config = { ...config, deployments: withKey("env:OTHER") }));
  const later = clock.sleep(800).then(() => rig.send({ route: "alone" }));
  await clock.run();
  expect((await Promise.all([...first, later])).map(({ text, status }) => [status, text])).toEqual(Array(3).fill([200, "one two three"]));
  expect(rig.gateway.state()).toMatchObject({ inFlight: 0, concurrency: [{ deployment: "primary", waiting: 0 }] });
});

test("gateway: a cache that is switched off and on again between two requests is cold", async () => {
  const { rig, reload, headers } = reloadable({ primary: () => streamed("openai", primaryModel, "Fine"), backup }, configOf({ cache: defaultCache }));
  const cacheHeader = async () => (await headers())["x-blastlab-cache"]?.split(";")[0];
  expect([await cacheHeader(), await cacheHeader()]).toEqual(["miss", "hit"]);
  const { cache, ...without } = rig.config;
  rig.config = without;
  reload({ cache: cache! });
  expect([await cacheHeader(), await cacheHeader()]).toEqual(["miss", "hit"]);
});

test("gateway: planted defects are lifted when a reload makes the gateway hardened", () => {
  const { rig, reload } = reloadable({ backup });
  rig.gateway.applyDefect("d", { kind: "fail", share: 1 });
  reload({ hardened: true });
  expect(rig.gateway.state().defects).toBeUndefined();
});

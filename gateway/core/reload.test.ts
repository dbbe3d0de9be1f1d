import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import type { GatewayConfig } from "./config.ts";
import { backupModel, configOf, policyOf, primaryModel, Rig } from "./testing/rig.ts";
import { refusal, streamed } from "./testing/scripts.ts";

/** A gateway whose config is changed as a file's is. */
function reloadable(providers: ConstructorParameters<typeof Rig>[1], config = configOf()) {
  const clock = new VirtualClock();
  const listeners: ((next: GatewayConfig) => void)[] = [];
  let current = config;
  const source = { current: () => current, onChange: (listener: (next: GatewayConfig) => void) => (listeners.push(listener), () => {}) };
  const rig = new Rig(clock, providers, config, { config: source });
  const reload = (change: Partial<GatewayConfig>) => {
    current = { ...current, ...change };
    for (const listener of listeners) listener(current);
  };
  const ask = async () => {
    const received = rig.send();
    await clock.run();
    return (await received).headers["x-blastlab-deployment"];
  };
  return { rig, reload, ask };
}

const { deployments } = configOf();
const withKey = (credential: string) => [{ ...deployments[0]!, credential }, deployments[1]!];
const backup = () => streamed("anthropic", backupModel, "Fine");

test("gateway: a deployment that asked to be left alone for a day is asked at once under another key, and only then", async () => {
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

test("gateway: a breaker that is open is closed, and told to be, when its deployment has moved", async () => {
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
  let current = config;
  const listeners: ((next: GatewayConfig) => void)[] = [];
  const source = { current: () => current, onChange: (listener: (next: GatewayConfig) => void) => (listeners.push(listener), () => {}) };
  const rig = new Rig(clock, { primary: () => streamed("openai", primaryModel, "one two three", { firstMs: 500, gapMs: 500 }), backup }, config, { config: source });
  const first = [rig.send({ route: "alone" }), rig.send({ route: "alone" })];
  clock.at(700, () => {
    current = { ...config, deployments: withKey("env:OTHER") };
    for (const listener of listeners) listener(current);
  });
  const later = clock.sleep(800).then(() => rig.send({ route: "alone" }));
  await clock.run();
  expect((await Promise.all([...first, later])).map(({ text, status }) => [status, text])).toEqual(Array(3).fill([200, "one two three"]));
  expect(rig.gateway.state()).toMatchObject({ inFlight: 0, concurrency: [{ deployment: "primary", inFlight: 0 }] });
});

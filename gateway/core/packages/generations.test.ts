import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { packageHeader } from "../../../kernel/package-header.ts";
import { defaultCache } from "../cache/settings.ts";
import type { GatewayConfig } from "../config.ts";
import { backupModel, configOf, policyOf, primaryModel, Rig, type Sent } from "../testing/rig.ts";
import { refusal, streamed } from "../testing/scripts.ts";
import type { LoadedPackage, RunningPackages } from "./running.ts";

const loaded = (version: number, config: GatewayConfig): LoadedPackage => ({ id: { version, hash: `${version}`.repeat(64) }, config });
const nameOf = (version: number) => `${version}@${`${version}`.repeat(64)}`;
const primary = () => streamed("openai", primaryModel, "Fine");
const backup = () => streamed("anthropic", backupModel, "Fine");
const cached = configOf({ cache: defaultCache });

function rigOf(first: RunningPackages, providers: ConstructorParameters<typeof Rig>[1] = { primary, backup }) {
  const clock = new VirtualClock();
  let running = first;
  const listeners: ((next: RunningPackages) => void)[] = [];
  const packages = { current: () => running, onChange: (listener: (next: RunningPackages) => void) => (listeners.push(listener), () => {}) };
  const rig = new Rig(clock, providers, first.current.config, { packages });
  const run = (next: RunningPackages) => {
    running = next;
    for (const listener of listeners) listener(next);
  };
  const send = async (sent: Sent = {}) => {
    const received = rig.send(sent);
    await clock.run();
    return received;
  };
  const asUser = (user: string, sent: Sent = {}) => send({ ...sent, body: { user, ...sent.body } });
  return { clock, rig, run, send, asUser };
}

const packageOf = ({ headers }: { headers: Readonly<Record<string, string>> }) => headers[packageHeader];

test("gateway: a client keeps its package, stays on the candidate while its share grows, and the share is right", async () => {
  const [current, candidate] = [loaded(1, configOf()), loaded(2, configOf())];
  const { run, asUser } = rigOf({ current, candidate: { package: candidate, share: 0.1 } });
  const users = Array.from({ length: 400 }, (_, index) => `user-${index}`);
  const onCandidate = async () => {
    const found = new Set<string>();
    for (const user of users) if (packageOf(await asUser(user)) === nameOf(2)) found.add(user);
    return found;
  };
  const first = await onCandidate();
  expect(await onCandidate()).toEqual(first);
  /** 40 expected, standard deviation 6. */
  expect(first.size).toBeGreaterThan(40 - 24);
  expect(first.size).toBeLessThan(40 + 24);
  run({ current, candidate: { package: candidate, share: 0.5 } });
  const second = await onCandidate();
  expect([...first].filter((user) => !second.has(user))).toEqual([]);
  expect(Math.abs(second.size - 200)).toBeLessThan(40);
  run({ current, candidate: { package: loaded(3, configOf()), share: 0.5 } });
  expect(await onCandidate()).toEqual(new Set());
});

test("gateway: neither package answers from what the other has cached, and a promoted one keeps its own", async () => {
  const [current, candidate] = [loaded(1, cached), loaded(2, { ...cached })];
  const { rig, run, send } = rigOf({ current, candidate: { package: candidate, share: 0 } });
  const cacheOf = async () => (await send()).headers["x-blastlab-cache"];
  expect([await cacheOf(), await cacheOf()]).toEqual(["miss", expect.stringMatching(/^hit/)]);
  run({ current, candidate: { package: candidate, share: 1 } });
  expect([await cacheOf(), await cacheOf()]).toEqual(["miss", expect.stringMatching(/^hit/)]);
  run({ current: candidate, candidate: null });
  expect(await cacheOf()).toMatch(/^hit/);
  expect(rig.transport.seen).toHaveLength(2);
});

test("gateway: breakers are kept apart, and their events name the package", async () => {
  const breaker = { failureRateThreshold: 0.5, minimumThroughput: 2, windowMs: 60_000, cooldownMs: 3_600_000, halfOpenMaxConcurrent: 1 };
  const config = configOf({ policy: policyOf({ breaker }) });
  const [current, candidate] = [loaded(1, config), loaded(2, { ...config })];
  const { rig, run, send } = rigOf({ current, candidate: { package: candidate, share: 1 } }, { primary: () => refusal(503, "down"), backup });
  for (let count = 0; count < 4; count++) await send();
  expect(rig.gateway.state()).toMatchObject({ package: nameOf(1), candidate: { package: nameOf(2), share: 1 } });
  expect(rig.gateway.state().candidate?.breakers[0]).toMatchObject({ deployment: "primary", state: "open" });
  expect(rig.gateway.state().breakers[0]).toMatchObject({ deployment: "primary", state: "closed" });
  expect(rig.events.filter(({ type }) => type === "state_changed")).toMatchObject([{ to: "open", package: nameOf(2) }]);
  run({ current, candidate: null });
  expect(rig.gateway.state()).not.toHaveProperty("candidate");
});

test("gateway: a request in flight finishes on the package with which it began", async () => {
  const slow = () => streamed("openai", primaryModel, "one two three", { firstMs: 500, gapMs: 500 });
  const { clock, rig, run } = rigOf({ current: loaded(1, configOf()), candidate: null }, { primary: slow, backup });
  clock.at(700, () => run({ current: loaded(2, configOf({ routes: [{ name: "other", deployments: ["backup"] }] })), candidate: null }));
  const received = rig.send({ route: "alone" });
  await clock.run();
  expect(await received).toMatchObject({ status: 200, text: "one two three", isTerminated: true, headers: { [packageHeader]: nameOf(1) } });
  expect(rig.finished()).toMatchObject([{ package: nameOf(1), outcome: { kind: "success" } }]);
});

test("gateway: a deployment that an operator took out is out under each package", async () => {
  const { rig, run, send } = rigOf({ current: loaded(1, configOf()), candidate: null });
  rig.gateway.isolate("primary");
  run({ current: loaded(2, configOf()), candidate: null });
  expect((await send()).headers["x-blastlab-deployment"]).toBe("backup");
  expect(rig.events.filter(({ type }) => type === "isolation_changed")).toHaveLength(1);
});

test("gateway: a team's budget is one over both packages", async () => {
  const draws: string[] = [];
  const store = {
    get: () => Promise.resolve(null),
    set: () => Promise.resolve(),
    reserve: () => Promise.resolve(null),
    settle: () => Promise.resolve(),
    reserveAll: (wanted: readonly { key: string }[]) => {
      draws.push(...wanted.map(({ key }) => key));
      return Promise.resolve({ ok: true as const, reservation: { left: wanted.map(() => 1), from: "shared" as const, settle: () => Promise.resolve() } });
    },
  };
  const config = configOf({ limits: { rules: [{ team: "a", windowMs: 3_600_000, requests: 10 }], outputTokensDefault: 10, storeMs: 100 } });
  const clock = new VirtualClock();
  let running: RunningPackages = { current: loaded(1, config), candidate: null };
  let update: (next: RunningPackages) => void = () => {};
  const packages = { current: () => running, onChange: (listener: (next: RunningPackages) => void) => ((update = listener), () => {}) };
  const rig = new Rig(clock, { primary, backup }, config, { packages, store });
  const first = rig.send();
  await clock.run();
  update((running = { current: loaded(2, { ...config }), candidate: null }));
  const second = rig.send();
  await clock.run();
  expect([(await first).status, (await second).status]).toEqual([200, 200]);
  expect(draws).toHaveLength(2);
  expect(draws[1]).toBe(draws[0]);
});

test("gateway: a key that neither package knows is refused without its body being read", async () => {
  const { send } = rigOf({ current: loaded(1, configOf()), candidate: { package: loaded(2, configOf()), share: 0.5 } });
  expect(await send({ key: "nobody" })).toMatchObject({ status: 401, headers: { [packageHeader]: nameOf(1) } });
});

test("gateway: without a control plane the header has the name of the file's configuration, and events have none", async () => {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary, backup }, configOf({ name: "0@a" }));
  const received = rig.send();
  await clock.run();
  expect(await received).toMatchObject({ status: 200, headers: { [packageHeader]: "0@a" } });
  expect(rig.finished()[0]).not.toHaveProperty("package");
});

test("gateway: a configuration that cannot be built is refused before anything runs on it", () => {
  const { rig } = rigOf({ current: loaded(1, configOf()), candidate: null });
  rig.gateway.rehearse(loaded(2, configOf()));
  const broken = configOf({ defects: [{ kind: "corrupt", share: 1 }], registry: null as never, guards: {} as never, routes: null as never, deployments: null as never });
  expect(() => rig.gateway.rehearse(loaded(3, broken))).toThrow(TypeError);
});

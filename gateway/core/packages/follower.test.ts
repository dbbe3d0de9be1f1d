import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { Control, hashOf, type Life, live, offer, runningHash, stepsOf } from "./follower.fixture.ts";
import type { KeptFile, PackageDisk } from "./ports.ts";

/** What survives a crash. */
class Disk implements PackageDisk {
  readonly durable = new Map<KeptFile, string>();
  isBroken = false;
  read(file: KeptFile): Promise<string | null> {
    return Promise.resolve(this.durable.get(file) ?? null);
  }
  write(file: KeptFile, text: string): Promise<void> {
    if (this.isBroken) return Promise.reject(new Error("no space left on device"));
    this.durable.set(file, text);
    return Promise.resolve();
  }
}

/** Packages that end the process that loads them. */
const fatal = new Set<string>();

const world = () => ({ disk: new Disk(), control: new Control(), clock: new VirtualClock() });

/** One life of a process, started. It is dead at the last of its steps. */
async function begin({ clock, disk, control }: ReturnType<typeof world>, stepsMax = Infinity): Promise<Life> {
  const { step, kill } = stepsOf(clock, stepsMax);
  const life = live({ clock, control, disk, step, prepare: (hash) => void (fatal.has(hash) && kill()) });
  await life.started;
  return life;
}

async function pass(clock: VirtualClock, ms: number, ...lives: Life[]): Promise<void> {
  const wait = clock.sleep(ms).then(() => lives.forEach(({ ending }) => ending.cancel("over")));
  await clock.run();
  await wait;
}

test("PackageFollower: a package is acknowledged, runs, and is kept; a candidate runs beside it with its share", async () => {
  const here = world();
  const { disk, control, clock } = here;
  control.push(offer(1), { package: offer(2), share: 0.1 });
  const life = await begin(here);
  await pass(clock, 5_000, life);
  expect(life.follower.current()).toMatchObject({ current: { id: { version: 1 } }, candidate: { share: 0.1, package: { id: { version: 2 } } } });
  expect(control.acks).toEqual([{ hash: hashOf(1), accepted: true }, { hash: hashOf(2), accepted: true }]);
  expect(life.events.filter(({ type }) => type === "package_running")).toHaveLength(2);
  control.push(offer(2));
  const next = await begin(here);
  expect(runningHash(next)).toBe(hashOf(1));
  await pass(clock, 5_000, next);
  expect(next.follower.current()).toMatchObject({ current: { id: { version: 2 } }, candidate: null });
  expect([...disk.durable.keys()].toSorted()).toEqual(["candidate", "current", "last-good", "last-good-previous"]);
});

test("PackageFollower: without a control plane it goes on, and starts with its last good package", async () => {
  const here = world();
  const { control, clock } = here;
  control.push(offer(1));
  const life = await begin(here);
  clock.at(5_000, () => void (control.isDead = true));
  await pass(clock, 600_000, life);
  expect(runningHash(life)).toBe(hashOf(1));
  expect(life.events).toMatchObject([{ type: "package_acknowledged" }, { type: "package_running" }, { type: "control_changed", to: "connected" }, { type: "control_changed", to: "lost", reason: "refused" }]);
  const next = await begin(here);
  expect(runningHash(next)).toBe(hashOf(1));
  await pass(clock, 600_000, next);
  expect(runningHash(next)).toBe(hashOf(1));
});

test("PackageFollower: a refused package is refused once, with its reason, and changes nothing", async () => {
  const here = world();
  const { control, clock } = here;
  control.push(offer(1));
  const life = await begin(here);
  clock.at(5_000, () => control.push(offer(2, { refuse: "routes: none" })));
  await pass(clock, 60_000, life);
  expect(runningHash(life)).toBe(hashOf(1));
  expect(control.acks.filter(({ accepted }) => !accepted)).toEqual([{ hash: hashOf(2), accepted: false, reason: "routes: none" }]);
  expect(life.events.filter(({ type }) => type === "package_refused")).toEqual([{ type: "package_refused", package: `2@${hashOf(2)}`, reason: "routes: none" }]);
  expect(life.follower.state().packages).toContainEqual({ hash: hashOf(2), version: 2, state: "refused", reason: "routes: none" });
});

test("PackageFollower: what the control plane could not be told of is not run", async () => {
  const here = world();
  const { control, clock } = here;
  control.push(offer(1));
  const life = await begin(here, 2);
  await pass(clock, 60_000, life);
  expect([runningHash(life), control.acks]).toEqual([null, []]);
});

test("PackageFollower: a disk that cannot be written is reported, stops nothing, and is tried again", async () => {
  const here = world();
  const { disk, control, clock } = here;
  disk.isBroken = true;
  control.push(offer(1));
  const life = await begin(here);
  clock.at(10_000, () => expect([runningHash(life), life.follower.state().diskTrouble]).toEqual([hashOf(1), expect.stringContaining("no space left")]));
  clock.at(10_001, () => void (disk.isBroken = false));
  await pass(clock, 30_000, life);
  expect(life.follower.state().diskTrouble).toBeNull();
  expect(disk.durable.has("last-good")).toBe(true);
  expect(life.events.filter(({ type }) => type === "package_not_kept").length).toBeGreaterThan(0);
});

test("PackageFollower: a package that ends the process that loads it is refused after three lives", async () => {
  const here = world();
  const { control, clock } = here;
  control.push(offer(1));
  await pass(clock, 5_000, await begin(here));
  fatal.add(hashOf(9));
  control.push(offer(9));
  for (let count = 0; count < 3; count++) await pass(clock, 5_000, await begin(here));
  const last = await begin(here);
  await pass(clock, 5_000, last);
  fatal.clear();
  expect(runningHash(last)).toBe(hashOf(1));
  expect(control.acks.at(-1)).toEqual({ hash: hashOf(9), accepted: false, reason: "the process ended 3 times while it loaded this package" });
});

test.each<KeptFile>(["current", "candidate", "last-good", "last-good-previous"])("PackageFollower: a disk that loses or tears %s at rest leaves a package to start with, and is repaired", async (file) => {
  for (const left of ["", '{"package":{"hash":"', undefined]) {
    const here = world();
    const { disk, control, clock } = here;
    const damage = () => void (left === undefined ? disk.durable.delete(file) : disk.durable.set(file, left));
    control.push(offer(1));
    await pass(clock, 5_000, await begin(here));
    damage();
    const next = await begin(here);
    expect(runningHash(next)).toBe(hashOf(1));
    await pass(clock, 5_000, next);
    control.push(offer(2));
    await pass(clock, 5_000, await begin(here));
    damage();
    const last = await begin(here);
    expect(runningHash(last)).toBe(hashOf(2));
    await pass(clock, 5_000, last);
    expect(disk.durable.get("last-good")).toContain(hashOf(2));
  }
});

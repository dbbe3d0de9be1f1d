import { expect, test } from "vitest";
import { VirtualClock } from "../../../kernel/clock-virtual.ts";
import { seededRng } from "../../../kernel/rng.ts";
import { Canceller } from "../../../kernel/signal.ts";
import { configOf } from "../testing/rig.ts";
import { PackageFollower } from "./follower.ts";
import type { FeedAnswer, KeptFile, PackageEvent } from "./ports.ts";

const hashOf = (version: number) => version.toString(16).padStart(64, "0");
const offer = (version: number, config: object = {}) => ({ hash: hashOf(version), version, config });
type Offer = ReturnType<typeof offer>;

/** What survives a crash, and a file system that may lose what it said it had written. */
class Disk {
  readonly durable = new Map<KeptFile, string>();
  isBroken = false;
  /** How a write that is cut by a crash, or whose fsync is lost, ends: the old file, an empty one, a part, or the new one. */
  tear: (text: string, old: string | undefined) => string | undefined = (text) => text;
  write(file: KeptFile, text: string): void {
    if (this.isBroken) throw new Error("no space left on device");
    this.durable.set(file, text);
  }
  crashDuring(file: KeptFile, text: string): void {
    const left = this.tear(text, this.durable.get(file));
    if (left === undefined) this.durable.delete(file);
    else this.durable.set(file, left);
  }
}

class Control {
  feed: Omit<FeedAnswer, "revision"> = { current: null, candidate: null };
  revision = 1;
  isDead = false;
  readonly acks: { hash: string; accepted: boolean; reason?: string }[] = [];
  get acknowledged() {
    return new Set(this.acks.filter(({ accepted }) => accepted).map(({ hash }) => hash));
  }
  push(current: Offer | null, candidate: FeedAnswer["candidate"] = null): void {
    this.feed = { current, candidate };
    this.revision++;
  }
}

interface Life {
  readonly follower: PackageFollower;
  readonly events: PackageEvent[];
  readonly ending: Canceller;
}

/** One life of a process. `stepsLeft` counts down at each of its contacts with the outside; at 0 it is dead, and nothing of it goes on. */
async function live(clock: VirtualClock, { disk, control }: { disk: Disk; control: Control }, { steps = Infinity, seed = 1 } = {}): Promise<Life> {
  let left = steps;
  const ending = new Canceller();
  const events: PackageEvent[] = [];
  const never = new Promise<never>(() => {});
  const step = async (onCrash: () => void = () => {}) => {
    await clock.sleep(1);
    if (left === 1) onCrash();
    if (--left <= 0) return never;
  };
  const follower = new PackageFollower(configOf(), {
    clock,
    rng: seededRng(seed),
    control: {
      feed: async ({ have }) => {
        await step();
        if (control.isDead) throw new Error("refused");
        const named = <T extends { hash: string }>(each: T) => (have.includes(each.hash) ? { hash: each.hash } : each);
        const { current, candidate } = control.feed;
        return { revision: String(control.revision), current: current && named(current), candidate: candidate && { ...candidate, package: named(candidate.package) } };
      },
      ack: async (ack) => {
        await step();
        if (control.isDead) throw new Error("refused");
        control.acks.push(ack);
        await step();
      },
      report: () => Promise.resolve(),
    },
    disk: {
      read: async (file) => disk.durable.get(file) ?? null,
      write: async (file, text) => {
        await step(() => disk.crashDuring(file, text));
        disk.write(file, text);
        await step();
      },
    },
    check: (offered) => {
      const { hash, version, config } = offered as Offer;
      const { refuse } = config as { refuse?: string };
      return refuse === undefined ? { ok: { id: { hash, version }, config: configOf() } } : { reason: refuse };
    },
    prepare: async ({ id }) => {
      await step();
      if (fatal.has(id!.hash)) left = 0;
      await step();
    },
    evidence: () => [],
    emit: (event) => void events.push(event),
  });
  await follower.start();
  void follower.follow(ending.signal);
  return { follower, events, ending };
}

/** Packages that end the process that loads them. */
const fatal = new Set<string>();

const world = () => ({ disk: new Disk(), control: new Control(), clock: new VirtualClock() });
const runningHash = ({ follower }: Life) => follower.current().current.id?.hash ?? null;

async function pass(clock: VirtualClock, ms: number, ...lives: Life[]): Promise<void> {
  const wait = clock.sleep(ms).then(() => lives.forEach(({ ending }) => ending.cancel("over")));
  await clock.run();
  await wait;
}

test("PackageFollower: a package is acknowledged, runs, and is kept; a candidate runs beside it with its share", async () => {
  const { disk, control, clock } = world();
  control.push(offer(1), { package: offer(2), share: 0.1 });
  const life = await live(clock, { disk, control });
  await pass(clock, 5_000, life);
  expect(life.follower.current()).toMatchObject({ current: { id: { version: 1 } }, candidate: { share: 0.1, package: { id: { version: 2 } } } });
  expect(control.acks).toEqual([{ hash: hashOf(1), accepted: true }, { hash: hashOf(2), accepted: true }]);
  expect(life.events.filter(({ type }) => type === "package_running")).toHaveLength(2);
  control.push(offer(2));
  const next = await live(clock, { disk, control });
  expect(runningHash(next)).toBe(hashOf(1));
  await pass(clock, 5_000, next);
  expect(next.follower.current()).toMatchObject({ current: { id: { version: 2 } }, candidate: null });
  expect([...disk.durable.keys()].toSorted()).toEqual(["candidate", "current", "last-good", "last-good-previous"]);
});

test("PackageFollower: without a control plane it goes on, and starts with its last good package", async () => {
  const { disk, control, clock } = world();
  control.push(offer(1));
  const life = await live(clock, { disk, control });
  clock.at(5_000, () => void (control.isDead = true));
  await pass(clock, 600_000, life);
  expect(runningHash(life)).toBe(hashOf(1));
  expect(life.events).toMatchObject([{ type: "package_running" }, { type: "control_changed", to: "connected" }, { type: "control_changed", to: "lost", reason: "refused" }]);
  const next = await live(clock, { disk, control });
  expect(runningHash(next)).toBe(hashOf(1));
  await pass(clock, 600_000, next);
  expect(runningHash(next)).toBe(hashOf(1));
});

test("PackageFollower: a refused package is refused once, with its reason, and changes nothing", async () => {
  const { disk, control, clock } = world();
  control.push(offer(1));
  const life = await live(clock, { disk, control });
  clock.at(5_000, () => control.push(offer(2, { refuse: "routes: none" })));
  await pass(clock, 60_000, life);
  expect(runningHash(life)).toBe(hashOf(1));
  expect(control.acks.filter(({ accepted }) => !accepted)).toEqual([{ hash: hashOf(2), accepted: false, reason: "routes: none" }]);
  expect(life.events.filter(({ type }) => type === "package_refused")).toHaveLength(1);
  expect(life.follower.state().packages).toContainEqual({ hash: hashOf(2), version: 2, state: "refused", reason: "routes: none" });
});

test("PackageFollower: what the control plane could not be told of is not run", async () => {
  const { disk, control, clock } = world();
  control.push(offer(1));
  const life = await live(clock, { disk, control }, { steps: 4 });
  await pass(clock, 60_000, life);
  expect([runningHash(life), control.acks]).toEqual([null, []]);
});

test("PackageFollower: a disk that cannot be written is reported, stops nothing, and is tried again", async () => {
  const { disk, control, clock } = world();
  disk.isBroken = true;
  control.push(offer(1));
  const life = await live(clock, { disk, control });
  clock.at(10_000, () => expect([runningHash(life), life.follower.state().diskTrouble]).toEqual([hashOf(1), expect.stringContaining("no space left")]));
  clock.at(10_001, () => void (disk.isBroken = false));
  await pass(clock, 30_000, life);
  expect(life.follower.state().diskTrouble).toBeNull();
  expect(disk.durable.has("last-good")).toBe(true);
  expect(life.events.filter(({ type }) => type === "package_not_kept").length).toBeGreaterThan(0);
});

test("PackageFollower: a package that ends the process that loads it is refused after three lives", async () => {
  const { disk, control, clock } = world();
  control.push(offer(1));
  await pass(clock, 5_000, await live(clock, { disk, control }));
  fatal.add(hashOf(9));
  control.push(offer(9));
  for (let count = 0; count < 3; count++) await pass(clock, 5_000, await live(clock, { disk, control }));
  const last = await live(clock, { disk, control });
  await pass(clock, 5_000, last);
  fatal.clear();
  expect(runningHash(last)).toBe(hashOf(1));
  expect(control.acks.at(-1)).toEqual({ hash: hashOf(9), accepted: false, reason: "the process ended 3 times while it loaded this package" });
});

test("PackageFollower: after crashes at random moments of pushes, with torn writes and lost fsyncs, it always runs what was acknowledged", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const rng = seededRng(seed, "crashes");
    const { disk, control, clock } = world();
    disk.tear = (text, old) => [old, "", text.slice(0, Math.floor(text.length * rng.next())), text][Math.floor(rng.next() * 4)];
    for (let version = 1; version <= 25; version++) {
      const refused = rng.next() < 0.2 ? { refuse: "bad" } : {};
      const previous = control.feed.current as Offer | null;
      if (rng.next() < 0.5 || previous === null) control.push(offer(version, refused));
      else control.push(previous, { package: offer(version, refused), share: 0.1 });
      const life = await live(clock, { disk, control }, { steps: 1 + Math.floor(rng.next() * 24), seed: version });
      const atStart = runningHash(life);
      expect(atStart === null || control.acknowledged.has(atStart), `seed ${seed}, version ${version}, at the start`).toBe(true);
      await pass(clock, 2_000, life);
      const { current, candidate } = life.follower.current();
      for (const { id } of candidate === null ? [current] : [current, candidate.package]) expect(id === null || control.acknowledged.has(id.hash), `seed ${seed}, version ${version}`).toBe(true);
    }
    control.push(offer(99));
    const last = await live(clock, { disk, control });
    await pass(clock, 20_000, last);
    expect(runningHash(last), `seed ${seed} converges`).toBe(hashOf(99));
  }
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { seededRng } from "../../kernel/rng.ts";
import { Control, hashOf, live, offer, runningHash, stepsOf } from "../core/packages/follower.fixture.ts";
import type { PackageDisk, PackageEvent } from "../core/packages/ports.ts";
import { CrashingFiles } from "./crashing-files.fixture.ts";
import { type FolderFiles, packageFolder } from "./package-folder.ts";

const folder = "/var/plane/packages";

const pushArbitrary = fc.record({
  atMs: fc.nat(3_000),
  kind: fc.constantFrom("current", "candidate", "candidate", "promotion", "promotion", "abort"),
  isRefused: fc.nat(4).map((drawn) => drawn === 0),
});
type Push = typeof pushArbitrary extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** One life of a data plane: what is pushed meanwhile, and how and when it ends. */
const lifeArbitrary = fc.record({
  pushes: fc.array(pushArbitrary, { maxLength: 4 }),
  steps: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(Infinity)),
  stepMs: fc.constantFrom(1, 50),
  ackSteps: fc.integer({ min: 1, max: 20 }),
  end: fc.constantFrom("killed", "power"),
  seed: fc.nat(),
});
type LifePlan = typeof lifeArbitrary extends fc.Arbitrary<infer Plan> ? Plan : never;

/**
 * What the data plane has promised: by the acknowledgements that the control plane got, and by the revisions that it
 * says it has followed.
 */
class Promises {
  readonly control = new Control();
  /** By package, the last revision in which it was the current one. */
  readonly #asCurrent = new Map<string, number>();
  readonly #currentAt = new Map<number, string>();
  #kept = 0;
  #version = 0;

  constructor() {
    this.control.onFollowed = (revision) => {
      const current = this.#currentAt.get(revision);
      if (current !== undefined && this.control.acknowledged.has(current)) this.#kept = Math.max(this.#kept, revision);
    };
  }

  push({ kind, isRefused }: Push): void {
    const { control } = this;
    const { current, candidate } = control.feed;
    const next = () => offer(++this.#version, isRefused ? { refuse: "bad" } : {});
    if (kind === "current" || current === null) control.push(next());
    else if (kind === "candidate") control.push(current, { package: next(), share: 0.1 });
    else control.push(kind === "promotion" && candidate !== null ? candidate.package : current);
    const pushed = control.feed.current!.hash;
    this.#asCurrent.set(pushed, control.revision);
    this.#currentAt.set(control.revision, pushed);
  }

  /** What is wrong with a start on this package. */
  brokenBy(started: string | null): readonly string[] {
    if (started === null) return this.#kept === 0 ? [] : ["it starts without the package that it had kept"];
    if (!this.control.acknowledged.has(started)) return ["it starts with a package that it never acknowledged"];
    const asCurrent = this.#asCurrent.get(started);
    if (asCurrent === undefined) return ["it starts with a package that never was the current one"];
    return asCurrent < this.#kept ? ["it starts with an older package than the one that it had kept"] : [];
  }
}

type DiskOf = (files: FolderFiles) => PackageDisk;

/** What is broken in the course of these lives of one data plane. */
async function brokenIn(lives: readonly LifePlan[], diskOf: DiskOf = (files) => packageFolder(folder, files)): Promise<readonly string[]> {
  const clock = new VirtualClock();
  const files = new CrashingFiles();
  const promises = new Promises();
  const { control } = promises;
  const broken: string[] = [];
  const begin = ({ steps, stepMs, ackSteps, seed }: Pick<LifePlan, "steps" | "stepMs" | "ackSteps" | "seed">) => {
    const { step } = stepsOf(clock, steps, stepMs);
    control.ackSteps = ackSteps;
    const onEvent = (event: PackageEvent) => {
      if (event.type !== "package_running") return;
      const hash = event.package.slice(event.package.indexOf("@") + 1);
      if (!control.acknowledged.has(hash)) broken.push("it runs a package that it has not acknowledged");
    };
    return live({ clock, control, disk: diskOf(files.of(step)), step, seed, onEvent });
  };
  const pass = async (life: ReturnType<typeof begin>, ms: number) => {
    clock.at(clock.nowMs() + ms, () => life.ending.cancel("over"));
    await clock.run();
  };
  for (const plan of lives) {
    const life = begin(plan);
    void life.started.then(() => broken.push(...promises.brokenBy(runningHash(life))));
    for (const push of plan.pushes) clock.at(clock.nowMs() + push.atMs, () => promises.push(push));
    await pass(life, 4_000 + 100 * plan.stepMs);
    const rng = seededRng(plan.seed, "power");
    if (plan.end === "power") files.cutPower((count) => Math.floor(rng.next() * count));
  }
  control.push(offer(9_999));
  const last = begin({ steps: Infinity, stepMs: 1, ackSteps: 1, seed: 1 });
  await pass(last, 20_000);
  if (runningHash(last) !== hashOf(9_999)) broken.push("it does not come to run the last package");
  return broken;
}

const manyLives: fc.Arbitrary<readonly LifePlan[]> = fc.array(lifeArbitrary, { minLength: 2, maxLength: 8 });

/**
 * A slow disk loses its power before what was followed is the last good package: one in some thousand drawn lives comes
 * to that.
 */
const slowDisk: readonly LifePlan[] = [
  { pushes: [{ atMs: 0, kind: "current", isRefused: false }], steps: 17, stepMs: 1, ackSteps: 1, end: "killed", seed: 0 },
  { pushes: [{ atMs: 251, kind: "current", isRefused: false }], steps: 50, stepMs: 50, ackSteps: 1, end: "power", seed: 1191423747 },
  { pushes: [], steps: 21, stepMs: 1, ackSteps: 1, end: "killed", seed: 0 },
  { pushes: [], steps: Infinity, stepMs: 1, ackSteps: 1, end: "killed", seed: 0 },
];

test("packageFolder: whatever a kill or a power cut loses, a start has a package that was acknowledged, and none older than the one that was kept", async () => {
  const holds = async (lives: readonly LifePlan[]) => {
    expect(await brokenIn(lives)).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(manyLives, holds), { numRuns: 500, examples: [[slowDisk]] });
});

const keptFiles = ["current", "last-good"] as const;
const writesArbitrary = fc.record({
  files: fc.array(fc.constantFrom(...keptFiles), { minLength: 1, maxLength: 3 }),
  steps: fc.integer({ min: 1, max: 40 }),
  end: fc.constantFrom("killed", "power"),
  seed: fc.nat(),
});
type WritesPlan = typeof writesArbitrary extends fc.Arbitrary<infer Drawn> ? Drawn : never;
const manyWrites = fc.array(writesArbitrary, { minLength: 1, maxLength: 6 });

/** Files that are neither as the last write that was done left them nor as the one that was cut would have. */
async function brokenFiles(lives: readonly WritesPlan[], diskOf: DiskOf): Promise<readonly string[]> {
  const clock = new VirtualClock();
  const files = new CrashingFiles();
  const broken: string[] = [];
  const known = new Map<string, string | null>(keptFiles.map((file) => [file, null]));
  const possible = new Map<string, string | null>();
  let count = 0;
  const write = async (disk: PackageDisk, names: WritesPlan["files"]) => {
    for (const name of names) {
      const text = `text ${++count}`;
      possible.set(name, text);
      await disk.write(name, text);
      known.set(name, text);
    }
  };
  for (const plan of lives) {
    for (const [name, text] of known) possible.set(name, text);
    void write(diskOf(files.of(stepsOf(clock, plan.steps).step)), plan.files);
    await clock.run();
    const rng = seededRng(plan.seed, "power");
    if (plan.end === "power") files.cutPower((of) => Math.floor(rng.next() * of));
    const after = packageFolder(folder, files.of(() => Promise.resolve()));
    for (const file of keptFiles) {
      const found = await after.read(file);
      if (found !== known.get(file) && found !== possible.get(file)) broken.push(`${file}: ${found}`);
      known.set(file, found);
    }
  }
  return broken;
}

test("packageFolder: a write that is done stays, and one that is cut leaves the old file or the new one", async () => {
  const holds = async (lives: readonly WritesPlan[]) => {
    expect(await brokenFiles(lives, (files) => packageFolder(folder, files))).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(manyWrites, holds), { numRuns: 1_500 });
});

/** Replaces the sync of files that are opened with these flags. */
const unsynced = (files: FolderFiles, skipped: "r" | "w"): FolderFiles => ({
  ...files,
  open: async (file, flags, mode) => {
    const handle = await files.open(file, flags, mode);
    return flags === skipped ? { ...handle, sync: () => Promise.resolve() } : handle;
  },
});

/** What that property is there to find. */
const mistakes: Readonly<Record<string, DiskOf>> = {
  "does not sync the file": (files) => packageFolder(folder, unsynced(files, "w")),
  "does not sync the folder": (files) => packageFolder(folder, unsynced(files, "r")),
  "does not sync the folders above": (files) => {
    const open: FolderFiles["open"] = (file, flags, mode) => (flags === "r" && file !== folder ? Promise.reject(new Error("not allowed")) : files.open(file, flags, mode));
    return packageFolder(folder, { ...files, open });
  },
  "writes in place": (files) => {
    const rename: FolderFiles["rename"] = async (from, to) => {
      await using handle = await files.open(to, "w");
      await handle.writeFile(await files.readFile(from, "utf8"));
      await handle.sync();
    };
    return packageFolder(folder, { ...files, rename });
  },
  "deletes the old file first": (files) => {
    const rename: FolderFiles["rename"] = async (from, to) => {
      await files.rm(to, { force: true });
      await files.rename(from, to);
    };
    return packageFolder(folder, { ...files, rename });
  },
  "resolves before the file is written": (files) => {
    const disk = packageFolder(folder, files);
    const write: PackageDisk["write"] = (name, text) => {
      void disk.write(name, text);
      return Promise.resolve();
    };
    return { ...disk, write };
  },
};

test.each(Object.keys(mistakes))("packageFolder: the property finds a folder that %s", async (name) => {
  const holds = async (lives: readonly WritesPlan[]) => (await brokenFiles(lives, mistakes[name]!)).length === 0;
  const { failed } = await fc.check(fc.asyncProperty(manyWrites, holds), { numRuns: 500, seed: 1, endOnFailure: true });
  expect(failed).toBe(true);
});

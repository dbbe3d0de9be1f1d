import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { seededRng } from "../../kernel/rng.ts";
import { Control, hashOf, live, offer, runningHash, stepsOf } from "../core/packages/follower.fixture.ts";
import type { PackageDisk } from "../core/packages/ports.ts";
import { CrashingFiles } from "./crashing-files.fixture.ts";
import { type FolderFiles, packageFolder } from "./package-folder.ts";

const folder = "/var/plane/packages";

/** One life of a data plane: what is pushed meanwhile, and how and when it ends. */
const lifeArbitrary = fc.record({
  pushes: fc.array(fc.record({ atMs: fc.nat(3_000), kind: fc.constantFrom("current" as const, "candidate" as const, "candidate" as const, "promotion" as const, "promotion" as const, "abort" as const), isRefused: fc.nat(4).map((drawn) => drawn === 0) }), { maxLength: 4 }),
  steps: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(Infinity)),
  stepMs: fc.constantFrom(1, 50),
  ackSteps: fc.integer({ min: 1, max: 20 }),
  end: fc.constantFrom("killed", "power"),
  seed: fc.nat(),
});
type LifePlan = typeof lifeArbitrary extends fc.Arbitrary<infer Plan> ? Plan : never;

/** What the data plane has promised: by the acknowledgements that the control plane got, and by the revisions that it says it has followed. */
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

  push({ kind, isRefused }: LifePlan["pushes"][number]): void {
    const { control } = this;
    const { current, candidate } = control.feed;
    const next = () => offer(++this.#version, isRefused ? { refuse: "bad" } : {});
    if (kind === "current" || current === null) control.push(next());
    else if (kind === "candidate") control.push(current as never, { package: next(), share: 0.1 });
    else control.push((kind === "promotion" && candidate !== null ? candidate.package : current) as never);
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
    const onEvent: Parameters<typeof live>[0]["onEvent"] = (event) => {
      if (event.type === "package_running" && !control.acknowledged.has(event.package.slice(event.package.indexOf("@") + 1))) broken.push("it runs a package that it has not acknowledged");
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

const manyLives = fc.array(lifeArbitrary, { minLength: 2, maxLength: 8 });

test("packageFolder: whatever a kill or a power cut loses, a start has a package that was acknowledged, and none older than the one that was kept", { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(manyLives, async (lives) => void expect(await brokenIn(lives)).toEqual([])), { numRuns: 500 });
});

const keptFiles = ["current", "candidate", "last-good", "last-good-previous"] as const;
const writesArbitrary = fc.record({ files: fc.array(fc.constantFrom(...keptFiles.slice(0, 2)), { minLength: 1, maxLength: 3 }), steps: fc.integer({ min: 1, max: 40 }), end: fc.constantFrom("killed", "power"), seed: fc.nat() });
const manyWrites = fc.array(writesArbitrary, { minLength: 1, maxLength: 6 });

/** Files that are neither as the last write that was done left them nor as the one that was under way would have. */
async function brokenFiles(lives: typeof manyWrites extends fc.Arbitrary<infer Lives> ? Lives : never, diskOf: DiskOf): Promise<readonly string[]> {
  const clock = new VirtualClock();
  const files = new CrashingFiles();
  const known = new Map<string, string | null>(keptFiles.map((file) => [file, null]));
  const broken: string[] = [];
  let count = 0;
  for (const plan of lives) {
    const disk = diskOf(files.of(stepsOf(clock, plan.steps).step));
    let underWay: { readonly file: string; readonly text: string } | null = null;
    const write = async () => {
      for (const file of plan.files) {
        underWay = { file, text: `text ${++count}` };
        await disk.write(file, underWay.text);
        known.set(file, underWay.text);
        underWay = null;
      }
    };
    void write();
    await clock.run();
    const rng = seededRng(plan.seed, "power");
    if (plan.end === "power") files.cutPower((of) => Math.floor(rng.next() * of));
    const after = packageFolder(folder, files.of(() => Promise.resolve()));
    for (const file of keptFiles) {
      const found = await after.read(file);
      const possible = [known.get(file), underWay !== null && (underWay as { file: string }).file === file ? (underWay as { text: string }).text : known.get(file)];
      if (!possible.includes(found)) broken.push(`${file}: ${found}`);
      known.set(file, found);
    }
  }
  return broken;
}

test("packageFolder: a write that is done stays, and one that is cut leaves the old file or the new one", { timeout: 60_000 }, async () => {
  await fc.assert(fc.asyncProperty(manyWrites, async (lives) => void expect(await brokenFiles(lives, (files) => packageFolder(folder, files))).toEqual([])), { numRuns: 1_500 });
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
  "does not sync the folders above": (files) => packageFolder(folder, { ...files, open: (file, flags, mode) => (flags === "r" && file !== folder ? Promise.reject(new Error("not allowed")) : files.open(file, flags, mode)) }),
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

test.each(Object.keys(mistakes))("packageFolder: the property finds a folder that %s", { timeout: 60_000 }, async (name) => {
  const found = await fc.check(fc.asyncProperty(manyWrites, async (lives) => (await brokenFiles(lives, mistakes[name]!)).length === 0), { numRuns: 500, seed: 1, endOnFailure: true });
  expect(found.failed).toBe(true);
});

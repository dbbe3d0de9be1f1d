import { expect, test } from "vitest";
import { VirtualClock } from "../../../../kernel/clock-virtual.ts";
import { configOf, primaryModel, Rig } from "../../testing/rig.ts";
import type { Provider } from "../../testing/scripted-transport.ts";
import { whole } from "../../testing/scripts.ts";
import { defaultCache } from "../settings.ts";
import type { PopularityDisk } from "./popularity.ts";
import { defaultWarmUp } from "./settings.ts";

const answering: Provider = (ordinal) => whole("openai", primaryModel, `one two ${ordinal}`);

/** A disk that outlives its processes. */
function diskOf(): PopularityDisk & { readonly lists: Map<string, string> } {
  const lists = new Map<string, string>();
  return { lists, read: () => [...lists.values()], write: (team, text) => void lists.set(team, text) };
}

function processOf(disk: PopularityDisk, { warmUp = defaultWarmUp as typeof defaultWarmUp | null } = {}) {
  const clock = new VirtualClock();
  const rig = new Rig(clock, { primary: answering, backup: answering }, configOf({ cache: { ...defaultCache, warmUp } }), { popularity: disk });
  return { clock, rig };
}

async function askTwice(disk: PopularityDisk, prompt: string): Promise<void> {
  const { clock, rig } = processOf(disk);
  for (let time = 0; time < 2; time++) {
    const received = clock.sleep(10).then(() => rig.send({ route: "alone", prompt }));
    await clock.run();
    await received;
  }
}

test("WarmUpHost: the next process asks what was popular, stores it, and its clients get it without a provider", async () => {
  const disk = diskOf();
  await askTwice(disk, "Where is my order?");
  const { clock, rig } = processOf(disk);
  await clock.run(60_000);
  expect(rig.transport.seen).toHaveLength(1);
  expect(rig.events).toMatchObject([{ type: "warm_up", outcome: "stored" }, { type: "warm_up_ended", reason: "done", asked: 1, stored: 1 }]);
  const received = rig.send({ route: "alone", prompt: "Where is my order?" });
  await clock.run();
  expect((await received).headers["x-blastlab-cache"]).toMatch(/^hit/);
  expect(rig.transport.seen).toHaveLength(1);
});

test("WarmUpHost: a client that asks meanwhile shares the question with it", async () => {
  const disk = diskOf();
  await askTwice(disk, "Where is my order?");
  const { clock, rig } = processOf(disk);
  const received = clock.sleep(30_501).then(() => rig.send({ route: "alone", prompt: "Where is my order?" }));
  await clock.run();
  expect((await received).status).toBe(200);
  expect(rig.transport.seen).toHaveLength(1);
});

test("WarmUpHost: off, or without a list, it asks nothing and keeps nothing", async () => {
  const disk = diskOf();
  await askTwice(disk, "Where is my order?");
  const off = processOf(disk, { warmUp: null });
  await off.clock.run();
  expect([off.rig.transport.seen.length, off.rig.events.length]).toEqual([0, 0]);
  const empty = diskOf();
  const { clock, rig } = processOf(empty);
  await clock.run();
  expect([rig.transport.seen.length, empty.lists.size]).toEqual([0, 0]);
});

test("WarmUpHost: its questions have ids that name the team, and no client's key, and are in no count of requests", async () => {
  const disk = diskOf();
  await askTwice(disk, "Where is my order?");
  const { clock, rig } = processOf(disk);
  await clock.run();
  expect(rig.transport.seen[0]!.headers["x-client-request-id"]).toMatch(/^warm-up-[0-9a-f]{16}-\w+$/);
  expect([...disk.lists.values()].join("")).not.toMatch(/bearer|authorization/i);
  expect(rig.events.filter(({ type }) => type === "started" || type === "finished")).toEqual([]);
});

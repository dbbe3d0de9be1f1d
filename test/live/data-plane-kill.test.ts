import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { seededRng } from "../../kernel/rng.ts";
import { dataPlane, gatewayConfig, packageOf, startControl, startProvider } from "../support/data-planes.ts";

/** `npm run dataplane:kill` kills more often than CI has time for. */
const kills = Number(process.env["BLASTLAB_DATA_PLANE_KILLS"] ?? 5);
const seed = process.env["BLASTLAB_DATA_PLANE_SEED"] ?? "1";

/**
 * What can be seen of a data plane while a package is pushed, and how often: its requests and their answers, its files
 * as they change, its log.
 */
const seenOften = {
  "feed": 1, "feed_answered": 1, "acks": 1, "acks_answered": 1, "package_running": 1, "reports": 1, "current.json.tmp": 6, "current.json": 4,
  "last-good-previous.json.tmp": 2, "last-good-previous.json": 1, "last-good.json.tmp": 2, "last-good.json": 1,
};
const moments = Object.entries(seenOften).flatMap(([moment, times]) => Array.from({ length: times }, (_, index) => ({ moment, nth: index + 1 })));

test("gateway process: killed at random moments of pushes, it always runs what it acknowledged, and never less than it had kept; the other replica serves on", { timeout: 120_000 + kills * 60_000 }, async () => {
  const control = await startControl();
  const config = gatewayConfig(await startProvider());
  const [killed, other] = [dataPlane(control, config, "p1"), dataPlane(control, config, "p2")];
  killed.watchFiles();
  control.state.current = packageOf(1, config);
  const running = ["p1", "p2"].map((plane) => once(control.moments, `${plane} package_running`));
  const replica = await other.start();
  await running[1];
  const traffic = keepAsking(replica.ask);
  const rng = seededRng(seed, "data plane kills");
  const seen = new Set<string>();
  let process = await killed.start();
  await running[0];
  for (let version = 2; version <= kills + 1; version++) {
    const { moment, nth } = moments[Math.floor(rng.next() * moments.length)]!;
    const reached = Promise.withResolvers<string>();
    let count = 0;
    control.moments.on(`p1 ${moment}`, () => void (++count === nth && reached.resolve(`${moment} ${nth}`)));
    /** A moment that this push does not have. */
    void once(control.moments, "p1 package_running").then(() => once(control.moments, "p1 reports")).then(() => reached.resolve("afterwards"));
    control.state.current = packageOf(version, config);
    seen.add(await reached.promise);
    await process.kill();
    control.moments.removeAllListeners();
    const kept = keptHash(killed.kept);
    const release = control.hold("p1");
    process = await killed.start();
    const { current } = await process.packages();
    const during = `seed ${seed}, kill ${version - 1}, at ${moment} ${nth}`;
    expect(control.acknowledgedBy("p1").has(current ?? "none"), `${during}: it starts with ${current}`).toBe(true);
    expect(current, during).toBe(kept);
    expect(await process.ask(), during).toEqual({ status: 200, package: expect.stringMatching(new RegExp(`^\\d+@${current}$`)) as unknown });
    release();
  }
  expect(seen.size, `${[...seen].join(", ")}`).toBeGreaterThan(1);
  const answers = await traffic.end();
  expect(answers.length).toBeGreaterThan(kills);
  const acknowledged = control.acknowledgedBy("p2");
  expect(answers.filter(({ status, package: name }) => status !== 200 || !acknowledged.has(name?.slice(name.indexOf("@") + 1) ?? ""))).toEqual([]);
  console.log(`${kills} kills, at: ${[...seen].join(", ")}; ${answers.length} requests to the other replica, each answered under one of ${acknowledged.size} packages`);
});

/** What the folder has as the last good package. */
function keptHash(folder: string): string | null {
  const file = path.join(folder, "last-good.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { package: { hash: string } }).package.hash : null;
}

interface Asked {
  readonly status: number;
  readonly package: string | null;
}

/** Between two requests: the machine has more to do. */
const pauseMs = 20;

/** One request after another, until it is ended. */
function keepAsking(ask: () => Promise<Asked>): { readonly end: () => Promise<readonly Asked[]> } {
  const answers: Asked[] = [];
  let isOver = false;
  const asking = (async () => {
    for (; !isOver; await sleep(pauseMs)) answers.push(await ask());
  })();
  return {
    end: async () => {
      isOver = true;
      await asking;
      return answers;
    },
  };
}

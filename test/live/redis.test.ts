import { describe, expect, test } from "vitest";
import { findRedis, redisNote } from "../support/redis.ts";
import { startRedisWorld, type RedisWorld } from "../support/redis-world.ts";
import { untilPasses } from "../support/until-passes.ts";

/** Well below the 30 s that a slow Redis takes, and long enough for a slow machine to answer all requests at once. */
const totalMs = 10_000;

async function askMany(world: RedisWorld, count: number) {
  return Promise.all(Array.from({ length: count }, () => world.ask()));
}

const statuses = (answers: readonly { status: number }[], status: number) => answers.filter((answer) => answer.status === status).length;

/**
 * So long that the edge of a window is not met by chance, and counted from the epoch: far from one at any hour of the
 * day.
 */
const windowMs = 1_000 * 86_400_000;

describe.skipIf(findRedis() === null)(`limits in a Redis behind a network proxy${redisNote}`, () => {
  test("limits: 500 concurrent requests at the edge of a budget overshoot by none", async () => {
    await using world = await startRedisWorld({ requests: 137, windowMs, storeMs: 60_000, totalMs: 60_000 });
    const [first] = await askMany(world, 1);
    const { left } = (await world.state()).limits.find(({ unit }) => unit === "requests")!;
    const answers = await askMany(world, 500);
    expect(first!.status).toBe(200);
    expect([statuses(answers, 200), statuses(answers, 429)]).toEqual([left, 500 - left]);
  });

  test.each(["slow", "dead"] as const)("limits: with Redis %s every request is served within its deadline, by the local share, and readiness stays", async (trouble) => {
    await using world = await startRedisWorld({ requests: 1_000, localShare: 0.2, totalMs, windowMs });
    await world.trouble(trouble);
    const answers = [...(await askMany(world, 20)), ...(await askMany(world, 20)), ...(await askMany(world, 20))];
    expect(answers.filter(({ status, ms }) => status !== 200 || ms > 2 * totalMs)).toEqual([]);
    expect([(await world.state()).store.from, await world.isReady()]).toEqual(["local", true]);

    const beyond = await askMany(world, 300);
    expect(statuses(beyond, 200) + statuses(beyond, 429)).toBe(300);
    const served = 60 + statuses(beyond, 200);
    expect(served).toBeLessThanOrEqual(Math.floor(0.2 * 1_000));
    expect(served).toBeGreaterThan(0.2 * 1_000 * 0.9);

    await world.trouble("none");
    await untilPasses(async () => {
      await world.ask();
      expect((await world.state()).store.from).toBe("shared");
    }, 100);
    expect(statuses(await askMany(world, 20), 200)).toBe(20);
  });

  test("limits: a gateway that starts while its Redis is dead serves at once", async () => {
    await using world = await startRedisWorld({ requests: 1_000, windowMs, trouble: "dead" });
    expect(await world.isReady()).toBe(true);
    expect(statuses(await askMany(world, 10), 200)).toBe(10);
  });
});

import { expect, test } from "vitest";
import { failoverScenarios } from "./scenarios.ts";
import { playUnderLoad } from "./virtual.ts";

const load = { seed: 1, requestsPerSecond: 50, continues: true } as const;

/** Twenty seeds, and the share of passes with its interval: `npm run failover:virtual`. */
test.each(failoverScenarios.map((scenario) => [scenario.id, scenario] as const))(
  "%s: passes under fifty requests a second, and where all of them meet the fault nothing is worse than a clean error",
  async (_, scenario) => {
    const alone = await playUnderLoad(scenario, { ...load, hits: "request" });
    expect(alone.filter(({ verdict }) => verdict !== "pass")).toEqual([]);
    const together = await playUnderLoad(scenario, { ...load, hits: "provider" });
    expect(together.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    expect(alone.length + together.length).toBe(4);
  },
  120_000,
);

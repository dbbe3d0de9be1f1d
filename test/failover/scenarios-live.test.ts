import { expect, test } from "vitest";
import { failoverScenarios } from "./scenarios.ts";
import { playLive } from "./live.ts";

/**
 * A quarter of the scenarios' own time, and of the gateway's deadlines; `npm run failover` plays them at full length.
 */
const scale = 0.25;
const variants: readonly (readonly [name: string, stream: boolean, continues: boolean, count: number])[] = [
  ["streamed, the fallback continues", true, true, 16],
  ["streamed, the fallback replays", true, false, 16],
  ["whole", false, true, 10],
];

test.each(variants)("failover: every scenario passes over real sockets: %s", async (_, stream, continues, count) => {
  const played = await playLive(failoverScenarios, { stream, continues, scale });
  expect(played).toHaveLength(count);
  const missed = played.filter(({ verdict }) => verdict !== "pass").map((each) => `${each.scenario.id} ${[each.verdict, ...each.missed].join("; ")}`);
  expect(missed).toEqual([]);
});

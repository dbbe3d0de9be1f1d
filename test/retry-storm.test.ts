import { expect, test } from "vitest";
import type { Metastability } from "../kernel/metastable.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

/** `npm run retry-storm` plays 20. */
const seeds = Array.from({ length: Number(process.env["BLASTLAB_STORM_SEEDS"] ?? 1) }, (_, index) => index + 1);

test.each<[string, string, Metastability["state"]]>([
  ["naive", "not_recovered", "proven"],
  ["hardened", "held", "recovered"],
])("retry-storm: on %s every seed ends %s, and what the cut of the load shows is: %s", { timeout: 1_800_000 }, async (stack, end, state) => {
  const ends: unknown[] = [];
  for (const seed of seeds) {
    const { verdict } = await playVirtually(planOf("retry-storm", {}, seed, stack));
    ends.push([seed, verdict.verdict, verdict.metastable?.state]);
  }
  expect(ends).toEqual(seeds.map((seed) => [seed, end, state]));
});

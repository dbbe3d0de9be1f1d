import { expect, test } from "vitest";
import { harmless, plants, playPlanted } from "./support/planted.ts";

/** One seed and one stack unless told: `npm run planted` plays five seeds on three. */
const seeds = Array.from({ length: Number(process.env["BLASTLAB_PLANTED_SEEDS"] ?? 1) }, (_, index) => index + 1);
const stacks = process.env["BLASTLAB_PLANTED_SEEDS"] === undefined ? ["hardened"] : ["hardened", "naive", "cached"];
const runs = Object.keys(plants).flatMap((name) => stacks.flatMap((stack) => seeds.map((seed) => [name, stack, seed] as const)));

const slow = { timeout: 120_000 };

test.each(runs)("attributed: %s on %s, seed %i: 98 percent of its bad requests are its own or its aftermath's, and none is a bystander's", slow, async (name, stack, seed) => {
  const { bad, elsewhere, planted, apart, offered } = await playPlanted(plants[name]!, seed, stack);
  expect(offered).toBeLessThanOrEqual(600);
  const namesOnly = (faults: readonly string[]) => faults.every((fault) => planted.includes(fault));
  const own = bad.filter(({ blame }) => (blame.kind === "faults" && !blame.overload && namesOnly(blame.faults)) || (blame.kind === "aftermath" && namesOnly([blame.fault])));
  const others = bad.filter(({ blame }) => (blame.kind === "faults" && !namesOnly(blame.faults)) || (blame.kind === "aftermath" && !namesOnly([blame.fault])));
  expect(others.map(({ judged: { record }, blame }) => ({ request: record.requestId, blame }))).toEqual([]);
  if (harmless.includes(name)) expect(own).toEqual([]);
  else {
    expect(bad.length).toBeGreaterThan(2);
    expect(own.length / bad.length).toBeGreaterThanOrEqual(0.98);
  }
  if (!apart) return;
  expect(elsewhere.length).toBeGreaterThan(0);
  expect(elsewhere.filter(({ blame }) => blame.kind === "faults" && blame.faults.some((fault) => planted.includes(fault)))).toEqual([]);
});

/** Beside a defect, on the same routes: the provider fails some requests, and is slow for others. */
const beside = { kind: "outage", name: "beside", deployments: ["primary"], phases: [{ lengthMs: 20_000, errorRate: 0.3, latencyFactor: 3, wrongOutputRate: 0.1 }] };

test.each(["corrupt", "leak", "slow", "mix_up", "fail"])("attributed: defect %s beside an outage on the same route: it is named by requests that it touched, and by all of them that the provider had not spoiled", slow, async (kind) => {
  const { bad, planted, touched } = await playPlanted([...plants[`defect: ${kind}`]!, beside], 1, "naive");
  const naming = (index: number) => bad.filter(({ blame }) => blame.kind === "faults" && blame.faults.includes(planted[index]!));
  const [byDefect, byOutage] = [naming(0), naming(1)];
  expect(byDefect.length).toBeGreaterThan(10);
  expect(byOutage.length).toBeGreaterThan(2);
  const ids = (list: typeof bad) => list.map(({ judged: { record, cause } }) => `${record.requestId} ${cause}`);
  expect(ids(byDefect.filter(({ judged }) => !touched.has(judged.record.requestId)))).toEqual([]);
  expect(ids(bad.filter((each) => touched.has(each.judged.record.requestId) && !byDefect.includes(each) && !byOutage.includes(each)))).toEqual([]);
});

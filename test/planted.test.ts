import { writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { effectKinds } from "../kernel/effects.ts";
import { faultPlanners } from "../scenarios/faults/index.ts";
import { wrongKinds, type WrongKind } from "../kernel/judgement.ts";
import { plantedMs, plantedStacks, plants } from "./support/plants.ts";
import { stackNames } from "../lab/plan/library.ts";
import { finds, namedBy, playPlanted, type Attributed } from "./support/planted.ts";
import { plantedPage, type PlantedRow } from "./support/planted-table.ts";
import { withWrongAnswers } from "./support/wrong-answers.ts";

/**
 * One seed and one stack by default: `npm run planted` plays five seeds on three, or on those of
 * BLASTLAB_PLANTED_STACKS.
 */
const seeds = Array.from({ length: Number(process.env["BLASTLAB_PLANTED_SEEDS"] ?? 1) }, (_, index) => index + 1);
const stacks = (process.env["BLASTLAB_PLANTED_STACKS"] ?? (seeds.length > 1 ? "one-process,naive,cached" : "one-process")).split(",");
const runs = Object.entries(plants).flatMap(([name, plant]) => (plant.stacks ?? stacks).flatMap((stack) => seeds.map((seed) => [name, stack, seed] as const)));

const slow = { timeout: 120_000 };
const startedMs = performance.now();
const rows: PlantedRow[] = [];
/** Where to write a page of the results. */
const page = process.env["BLASTLAB_PLANTED_RESULTS"];
afterAll(() => {
  if (page !== undefined) writeFileSync(page, plantedPage(rows, { date: new Date().toISOString().slice(0, 10), seeds: seeds.length, wallS: (performance.now() - startedMs) / 1_000 }));
});

const shown = (list: readonly Attributed[]) => list.map(({ judged: { record, cause }, blame }) => `${record.requestId} ${cause} ${JSON.stringify(Object.values(blame))}`);

test.each(runs)("attributed: %s on %s, seed %i: 98 percent of its damage is found as its own or its aftermath's, and none as another fault's", slow, async (name, stack, seed) => {
  const { found: by = "attribution" } = plants[name]!;
  const played = await playPlanted(plants[name]!, seed, stack);
  const { bad, decoyed, elsewhere, planted, decoy, apart, offered, touched } = played;
  expect(offered).toBeLessThanOrEqual(600);
  const named = (each: Attributed, which: (fault: string) => boolean) => namedBy(each).some(which);
  const isPlanted = (fault: string) => planted.includes(fault);
  const others = bad.filter((each) => named(each, (fault) => !isPlanted(fault)));
  const found = finds[by](played);
  rows.push({ plant: name, stack, by, ...found, bad: bad.length, aftermath: bad.filter(({ blame }) => blame.kind === "aftermath" && isPlanted(blame.fault)).length, others: others.length });

  expect(shown(others)).toEqual([]);
  expect(shown(decoyed.filter((each) => named(each, (fault) => fault !== decoy && !isPlanted(fault))))).toEqual([]);
  const decoysAlone = decoyed.filter(({ judged: { cause, record } }) => cause === "wrong" && !touched.has(record.requestId));
  expect(shown(decoysAlone.filter((each) => !namedBy(each).includes(decoy)))).toEqual([]);
  if (apart) {
    expect(elsewhere.length).toBeGreaterThan(0);
    expect(shown(elsewhere.filter((each) => named(each, isPlanted)))).toEqual([]);
  }
  if (by !== "attribution") expect(shown(bad.filter((each) => named(each, isPlanted)))).toEqual([]);
  if (by === "harmless") return;
  expect(found.of).toBeGreaterThan(2);
  expect(found.found / found.of, shown(bad).join("; ")).toBeGreaterThanOrEqual(0.98);
  expect(found.found).toBeLessThanOrEqual(found.of);
});

/** Kinds that a defect which alters answers cannot cause are those of one that gives the answers of others. */
const given: ReadonlySet<WrongKind> = new Set<WrongKind>(["cross_tenant"]);

test.each(wrongKinds.flatMap((kind) => seeds.map((seed) => [kind, seed] as const)))("attributed: wrong answers of kind %s, seed %i: each is found as such, and 98 percent are the planted defect's and no other fault's", slow, async (kind, seed) => {
  const sick = { faults: [{ kind: "defect", defect: given.has(kind) ? "mix_up" : "corrupt", share: 0, lengthMs: plantedMs }] };
  let hit: ReadonlySet<string> = new Set();
  const { bad, decoyed, planted, decoy } = await playPlanted(sick, seed, "uncached", ({ plan, records }) => {
    const spoiled = withWrongAnswers(kind, { plan, records }, plan.faults[0]!);
    hit = spoiled.hit;
    return spoiled.records;
  });
  const spoiled = bad.filter(({ judged }) => hit.has(judged.record.requestId));
  expect(hit.size).toBeGreaterThan(20);
  expect(spoiled.length + decoyed.filter(({ judged }) => hit.has(judged.record.requestId)).length).toBe(hit.size);
  expect(new Set(spoiled.map(({ judged }) => judged.wrong?.kind))).toEqual(new Set([kind]));
  const own = spoiled.filter((each) => each.blame.kind === "faults" && each.blame.faults.every((fault) => planted.includes(fault)));
  const others = bad.filter((each) => namedBy(each).some((fault) => !planted.includes(fault)));
  rows.push({ plant: `wrong answer: ${kind}`, stack: "uncached", by: "attribution", found: own.length, of: spoiled.length, bad: spoiled.length, aftermath: 0, others: others.length });
  expect(shown(others)).toEqual([]);
  expect(own.length / spoiled.length).toBeGreaterThanOrEqual(0.98);
  expect(shown(bad.filter((each) => !hit.has(each.judged.record.requestId) && namedBy(each).length > 0))).toEqual([]);
  expect(decoyed.some((each) => namedBy(each).includes(decoy))).toBe(true);
});

test("plants: every kind of fault, effect of a provider, action on a process and defect of the gateway is planted", () => {
  const faults = Object.values(plants).flatMap((plant) => plant.faults as readonly { kind: string; action?: string; defect?: string; phases?: readonly { effects?: readonly { kind: string }[] }[] }[]);
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(Object.keys(faultPlanners)));
  expect(new Set(faults.flatMap(({ phases = [] }) => phases.flatMap(({ effects = [] }) => effects.map(({ kind }) => kind))))).toEqual(new Set(effectKinds));
  expect(new Set(faults.flatMap(({ defect = [] }) => defect))).toEqual(new Set(faultPlanners.defect.schema.shape.defect.options));
  const actions = faults.flatMap(({ kind, action = [] }) => (kind === "process" ? action : []));
  // Memory is not simulated in virtual time.
  expect(new Set([...actions, "memory_limit"])).toEqual(new Set(faultPlanners.process.schema.shape.action.options));
  expect(Object.values(plants).flatMap((plant) => plant.stacks ?? []).every((stack) => stack in plantedStacks || stackNames().includes(stack))).toBe(true);
});

import { rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRng } from "../kernel/rng.ts";
import type { Recomputation } from "../kernel/recomputation.ts";
import { recompute } from "../lab/plan/recompute.ts";
import { baseNames, makeBase, type BaseName } from "./mutations/bases.ts";
import { clientMutations, sealedClientMutations } from "./mutations/client-mutations.ts";
import { arrivalMutations, controlMutations, endMutations, inputMutations, planMutations, tapFileMutations } from "./mutations/file-mutations.ts";
import { betterThan, isFound, isSame, judgeIn, type Judgement } from "./mutations/judging.ts";
import type { Mutation } from "./mutations/mutation.ts";
import { NotApplicable, RunCopy } from "./mutations/run-copy.ts";
import { faultMutations, probeMutations, wireMutations } from "./mutations/tap-mutations.ts";

/**
 * Evidence that is missing, impossible or altered never gives a better verdict. Each mutation is tried on each of four
 * base runs; `BLASTLAB_MUTATION="BASE / NAME"` tries one alone, `BLASTLAB_MUTATION_SEED` draws other records.
 */
const mutations: readonly Mutation[] = [
  ...clientMutations, ...sealedClientMutations, ...wireMutations, ...faultMutations, ...probeMutations,
  ...planMutations, ...arrivalMutations, ...inputMutations, ...endMutations, ...tapFileMutations, ...controlMutations,
];

const seed = process.env["BLASTLAB_MUTATION_SEED"] ?? "1";
const only = process.env["BLASTLAB_MUTATION"];

interface Base {
  readonly copy: RunCopy;
  readonly judgement: Judgement;
  readonly recomputation: Recomputation;
}

const bases = new Map<BaseName, Base>();

beforeAll(async () => {
  for (const name of baseNames) {
    const directory = await makeBase(name);
    const recomputation = recompute(directory);
    bases.set(name, { copy: new RunCopy(directory), judgement: judgeIn(directory, recomputation), recomputation });
  }
});

afterAll(() => {
  for (const { copy } of bases.values()) rmSync(path.dirname(copy.directory), { recursive: true, force: true });
});

test("mutations: the bases end as they are meant to, in four ways", () => {
  expect([...bases.values()].map(({ judgement }) => judgement.verdict)).toEqual(["held", "deviated", "deviated", "not_recovered"]);
  expect(bases.get("wrong")!.judgement.measures!.wrongAnswers).toBeGreaterThan(10);
  expect([...bases.values()].every(({ copy }) => copy.tap("client").records.length <= 600)).toBe(true);
});

/** The mutated run's judgement; null where the base has nothing to change. */
function judgeMutated(mutation: Mutation, name: BaseName): Judgement | null {
  const base = bases.get(name)!;
  const copy = base.copy.fresh();
  const other = bases.get(baseNames[(baseNames.indexOf(name) + 1) % baseNames.length]!)!.copy.fresh();
  try {
    mutation.change(copy, { rng: seededRng(seed, `${name}/${mutation.name}`), other, sealsTaps: mutation.seal !== "nothing" });
    if (mutation.seal === "all") copy.seal();
  } catch (error) {
    if (error instanceof NotApplicable) return null;
    throw error;
  }
  const touchesPlan = copy.changed.some((file) => !file.startsWith("taps/") && !file.endsWith("end.json"));
  return copy.whileChanged(() => judgeIn(copy.directory, touchesPlan ? recompute(copy.directory) : base.recomputation));
}

/** What is amiss; null where the mutation does what the table says. */
function problemOf(mutation: Mutation, name: BaseName, mutated: Judgement): string | null {
  const base = bases.get(name)!.judgement;
  const better = betterThan(base, mutated);
  if (better !== null) return better;
  const isListed = mutation.foundIn?.includes(name) !== true;
  if (isListed && mutation.harmless !== undefined) return isSame(base, mutated) ? null : `is harmless by the table (${mutation.harmless}), and ${base.verdict} became ${mutated.verdict}`;
  if (isListed && mutation.noBetter !== undefined) return null;
  return isFound(mutated) ? null : `was not found out: ${mutated.verdict}`;
}

const tried = new Set<string>();

test.each(baseNames)("mutations: none of base %s gives a better verdict, a stack trace, or goes unseen", (name) => {
  const problems: string[] = [];
  for (const mutation of mutations) {
    const site = `${name} / ${mutation.name}`;
    if (only !== undefined && only !== site) continue;
    const mutated = judgeMutated(mutation, name);
    if (mutated === null) continue;
    tried.add(site);
    const problem = problemOf(mutation, name, mutated);
    if (problem !== null) problems.push(`${site}: ${problem} (${mutated.reasons[0]?.slice(0, 200)})\n  BLASTLAB_MUTATION='${site}' BLASTLAB_MUTATION_SEED=${seed} npx vitest run test/mutations.test.ts`);
  }
  if (problems.length > 0) expect.fail(problems.join("\n"));
});

test("mutations: the table has at least 200 mutations, each of a name of its own, and most apply to every base", () => {
  const names = mutations.map((mutation) => mutation.name);
  expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
  expect(mutations.length).toBeGreaterThanOrEqual(200);
  if (only === undefined) expect(tried.size).toBeGreaterThan(3 * mutations.length);
});

import { LabError } from "../../kernel/errors.ts";
import { closest } from "../../scenarios/closest.ts";
import { openStack, scenarioNamed, scenarioNames, stackNamed, stackNames } from "../plan/library.ts";
import { readRunFiles } from "../plan/resolve-run.ts";
import type { Cell } from "./cell.ts";
import { scenarioFacts } from "./scenario-facts.ts";

export interface Choice {
  /** Names or paths of scenarios. Empty: the whole library. */
  readonly names: readonly string[];
  /** Only scenarios with one of them. Empty: whatever their tags. */
  readonly tags: readonly string[];
  /** Names or paths. `every`: each stack of the library. */
  readonly stacks: readonly string[] | "every";
  readonly seeds: readonly number[];
  readonly sets?: readonly string[];
  /**
   * For runs with real processes: of the whole library, scenarios with the tag `virtual` are left out. They take far
   * longer than a game day.
   */
  readonly live?: boolean;
}

const virtualOnly = "virtual";

/**
 * The cells of a suite, by scenario, stack and seed. Throws LabError `refused`: `unknown_scenario`, `unknown_stack`,
 * `unknown_tag`, `bad_set`, or a file that is not valid.
 */
export function chooseCells({ names, tags, stacks, seeds, sets = [], live = false }: Choice): readonly Cell[] {
  const isAll = names.length === 0 && tags.length === 0;
  const chosenScenarios = withTags(names.length === 0 ? scenarioNames() : unique(names.map(scenarioNamed)), tags);
  const scenarios = live && isAll ? chosenScenarios.filter((name) => !tagsOf(name).includes(virtualOnly)) : chosenScenarios;
  const pairs = scenarios.flatMap((scenario) => (stacks === "every" ? libraryStacksFor(scenario) : unique(stacks.map(stackNamed))).map((stack) => ({ scenario, stack })));
  checkFiles(pairs, sets);
  return pairs.flatMap(({ scenario, stack }) => seeds.map((seed): Cell => ({ scenario, stack, seed, sets })));
}

const unique = (names: readonly string[]) => [...new Set(names)];

/** Reads each scenario and each stack once, with what is set in it. */
function checkFiles(pairs: readonly Pick<Cell, "scenario" | "stack">[], sets: readonly string[]): void {
  const [scenarios, stacks] = [new Set<string>(), new Set<string>()];
  for (const { scenario, stack } of pairs) {
    if (scenarios.has(scenario) && stacks.has(stack)) continue;
    scenarios.add(scenario);
    stacks.add(stack);
    readRunFiles({ scenario, stack, sets });
  }
}

const inContainers = (stack: string) => /^containers: true$/m.test(openStack(stack).text);

/**
 * What a protection is worth is measured by itself, and containers are another way to run what is played already: a
 * stack without a protection, and one in containers, is played where the scenario names it.
 */
function libraryStacksFor(scenario: string): readonly string[] {
  const { endsAs } = scenarioFacts(scenario).scenario;
  return stackNames().filter((stack) => !(stack.includes("-without-") || inContainers(stack)) || Object.hasOwn(endsAs, stack));
}

const tagsOf = (name: string) => scenarioFacts(name).scenario.tags;

function withTags(scenarios: readonly string[], tags: readonly string[]): readonly string[] {
  const tagged = scenarios.map((name) => ({ name, own: tagsOf(name) }));
  const known = new Set(tagged.flatMap(({ own }) => own));
  for (const tag of tags) if (!known.has(tag)) throw unknownTag(tag, [...known].sort());
  return tagged.filter(({ own }) => tags.length === 0 || own.some((tag) => tags.includes(tag))).map(({ name }) => name);
}

function unknownTag(tag: string, known: readonly string[]): LabError {
  const near = closest(tag, known);
  return new LabError({
    exit: "refused",
    code: "unknown_tag",
    message: `No chosen scenario has the tag "${tag}"`,
    hint: near.length > 0 ? `Did you mean ${near.join(" or ")}?` : known.length === 0 ? "No chosen scenario has any tag" : `Tags are ${known.join(", ")}`,
  });
}

/** `index` of `count` parts, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** `1/4`; null where the text is no such thing. */
export function shardOf(text: string): Shard | null {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index >= 1 && shard.index <= shard.count ? shard : null;
}

/**
 * Every cell is in exactly one shard. Neighbours go to different shards, because the cells of one scenario take about
 * as long.
 */
export const inShard = (cells: readonly Cell[], { index, count }: Shard): readonly Cell[] => cells.filter((_, place) => place % count === index - 1);

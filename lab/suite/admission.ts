import { openStack, scenarioNames } from "../plan/library.ts";
import { isJudged, type CellResult } from "./cell.ts";
import { sixProtections, stackWithout } from "./protections.ts";
import { scenarioFacts } from "./scenario-facts.ts";

/** What may be said of a stack before it goes into service, from a suite's results alone. */
export interface Admission {
  readonly stack: string;
  /** Scenarios that held with every seed that was played. */
  readonly held: readonly string[];
  /** Scenarios that did not, with one seed at least. */
  readonly notHeld: readonly string[];
  /** Most demand that a fault of the gateway's own side cost. Null: no such scenario has a verdict. */
  readonly largest: { readonly scenario: string; readonly seed: number; readonly lostDemand: number } | null;
  readonly protections: readonly TestedProtection[];
  /** Scenarios of the library without a verdict on it. */
  readonly untested: readonly string[];
  /** Null: a protection, or the gateway's own side, is untested. */
  readonly tier: 0 | 1 | 2 | null;
}

export interface TestedProtection {
  readonly title: string;
  /** Scenarios that suffer where it is missing. Empty: no scenario of the library does. */
  readonly scenarios: readonly string[];
  readonly tested: boolean;
}

/** Faults of providers, and of the lab itself, are no faults of the gateway. */
const otherTags: ReadonlySet<string> = new Set(["providers", "lab"]);

/**
 * Of each stack of the suite, in the order of its first cell. Cells with other settings than the scenario's own are
 * left out.
 */
export function admissionsOf(results: readonly CellResult[]): readonly Admission[] {
  const byStack = Map.groupBy(results.filter(({ cell }) => cell.sets.length === 0), ({ cell }) => cell.stack);
  return [...byStack].map(([stack, own]) => admissionOf(stack, own));
}

function admissionOf(stack: string, results: readonly CellResult[]): Admission {
  const judged = Map.groupBy(results.filter(({ end }) => isJudged(end)), ({ cell }) => cell.scenario);
  const isHeld = (scenario: string) => judged.get(scenario)!.every(({ end }) => end === "held");
  const scenarios = [...judged.keys()];
  const tested = sixProtections.map((protection) => {
    const naming = sufferersOf(stackWithout(protection));
    return { title: protection.title, scenarios: naming, tested: naming.some((scenario) => judged.has(scenario)) };
  });
  const largest = largestOf([...judged.values()].flat());
  return {
    stack,
    held: scenarios.filter(isHeld),
    notHeld: scenarios.filter((scenario) => !isHeld(scenario)),
    largest,
    protections: tested,
    untested: scenarioNames().filter((scenario) => !judged.has(scenario)),
    tier: largest === null || tested.some((each) => !each.tested) ? null : tierOf(largest.lostDemand),
  };
}

/** Tier 0: a fault of the gateway can cost over half of the demand; tier 1: over a tenth. */
export function tierOf(lostDemand: number): 0 | 1 | 2 {
  if (lostDemand > 0.5) return 0;
  return lostDemand > 0.1 ? 1 : 2;
}

function largestOf(results: readonly CellResult[]): Admission["largest"] {
  const own = results.filter(({ cell }) => isOfGateway(cell.scenario)).flatMap(({ cell, measures }) => {
    const lost = measures?.lostDemand ?? null;
    return lost === null ? [] : [{ scenario: cell.scenario, seed: cell.seed, lostDemand: lost.value }];
  });
  return own.reduce<Admission["largest"]>((most, one) => (most === null || one.lostDemand > most.lostDemand ? one : most), null);
}

function isOfGateway(scenario: string): boolean {
  const { tags, faults } = scenarioFacts(scenario).scenario;
  return faults.length > 0 && !tags.some((tag) => otherTags.has(tag));
}

/**
 * Scenarios of the library that say how they end on the stack without the protection, or that this stack's description
 * names.
 */
function sufferersOf(without: string): readonly string[] {
  const named = new Set([...openStack(without).text.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name));
  return scenarioNames().filter((scenario) => named.has(scenario) || Object.hasOwn(scenarioFacts(scenario).scenario.endsAs, without));
}

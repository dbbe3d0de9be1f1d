import { parseScenario, placeOf, scenarioFile, type Override } from "../../scenarios/parse.ts";
import type { Scenario } from "../../scenarios/schema.ts";
import { openScenario } from "../plan/library.ts";

/** What a suite goes by of a scenario's file, besides what a run of it is. */
export interface ScenarioFacts {
  readonly scenario: Scenario;
  /** The file as messages show it. */
  readonly file: string;
  /** Line of each expectation in the file, in its order. */
  readonly lines: readonly number[];
}

const read = new Map<string, ScenarioFacts>();

/**
 * Of a name of the library, or of a path. Read once. Throws LabError `refused`, as `openScenario` and `parseScenario`
 * do.
 */
export function scenarioFacts(nameOrPath: string): ScenarioFacts {
  const known = read.get(nameOrPath);
  if (known !== undefined) return known;
  const { text, shown } = openScenario(nameOrPath);
  const scenario = parseScenario(text, shown);
  const facts = { scenario, file: shown, lines: scenario.expectations.map((_, index) => lineOf(text, shown, index)) };
  read.set(nameOrPath, facts);
  return facts;
}

const noOverrides: readonly Override[] = [];

function lineOf(text: string, file: string, index: number): number {
  const place = placeOf(scenarioFile, text, file, noOverrides, ["expectations", index]);
  return Number(/:(\d+):\d+ /.exec(place.slice(file.length))?.[1] ?? 1);
}

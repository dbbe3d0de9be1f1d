import { readdirSync } from "node:fs";
import path from "node:path";
import type { Incident } from "../../scenarios/incident.ts";
import { parseScenario, parseStack } from "../../scenarios/parse.ts";
import { families } from "../../scenarios/schema-page.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { readVerdict } from "../files.ts";
import { loadIncidents } from "../plan/incidents.ts";
import { gatewayStackNames, openScenario, openStack, policySetNames, scenarioNames, stackNames } from "../plan/library.ts";

/** What can be played, and the outages behind it. */
export interface Catalogue {
  readonly scenarios: readonly { readonly name: string; readonly family: string; readonly title: string; readonly description: string }[];
  readonly stacks: readonly { readonly name: string; readonly title: string; readonly description: string }[];
  readonly incidents: readonly Incident[];
}

/** Read once: files of the library do not change while a command runs. */
export function readCatalogue(): Catalogue {
  const scenarios = scenarioNames().map((name) => {
    const { text, shown } = openScenario(name);
    const { title, description, tags } = parseScenario(text, shown);
    return { name, family: families[tags[0] as keyof typeof families] ?? "", title, description };
  });
  const stacks = [...stackNames(), ...policySetNames(), ...gatewayStackNames()].map((name) => {
    const { text, shown } = openStack(name);
    const { title, description } = parseStack(text, shown);
    return { name, title, description };
  });
  return { scenarios, stacks, incidents: loadIncidents() };
}

/** A run directory that has a verdict. */
export interface KeptRun {
  /** Of its directory. */
  readonly name: string;
  readonly verdict: Verdict;
}

/** So many are listed, the newest first. */
const runsMax = 50;

/** A directory that has no dot first, and leads nowhere else. */
const runName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * The runs that a folder keeps; the names that the lab gives begin with the date. One without a verdict that can be
 * read is left out.
 */
export function keptRuns(folder: string): readonly KeptRun[] {
  const names = foldersIn(folder).filter((name) => runName.test(name)).sort().reverse().slice(0, runsMax);
  return names.flatMap((name) => {
    try {
      return [{ name, verdict: readVerdict(path.join(folder, name)) }];
    } catch {
      return [];
    }
  });
}

/** The directory of a run by its name in the folder. Null: that is no name of a directory in it. */
export function keptRunDirectory(folder: string, name: string): string | null {
  return runName.test(name) && foldersIn(folder).includes(name) ? path.join(folder, name) : null;
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

import path from "node:path";
import { parseScenario } from "../../../scenarios/parse.ts";
import { duration } from "../../board/format.ts";
import { paintFor } from "../../board/paint.ts";
import { findScenario, scenarioNames, scenarioSource } from "../../live/prepare.ts";
import { loadIncidents } from "../../plan/incidents.ts";
import { resolvePlan } from "../../plan/resolve.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

/** `blastlab scenarios`: name, length, title of each. */
export function scenariosCommand({ json = false }: { readonly json?: boolean }, io: Io): void {
  const scenarios = scenarioNames().map(describe);
  if (json) return writeJson(io, scenarios);
  const paint = paintFor(io.stdout);
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  writeLines(io, scenarios.map(({ name, title, lengthMs }) => `${paint.bold(name.padEnd(width))}  ${paint.dim(duration(lengthMs).padStart(6))}  ${title}`));
}

function describe(name: string) {
  const file = findScenario(name);
  const scenario = parseScenario(scenarioSource(file), path.basename(file));
  const { plan } = resolvePlan({ scenario, run: name, incidents: loadIncidents() });
  return { name, title: scenario.title, description: scenario.description, seed: scenario.seed, lengthMs: plan.timeline.endMs, requests: plan.arrivalCount };
}

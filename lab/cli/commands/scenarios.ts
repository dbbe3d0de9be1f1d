import { parseScenario, parseStack } from "../../../scenarios/parse.ts";
import { families } from "../../../scenarios/schema-page.ts";
import { clockTime } from "../../../observer/measure/format.ts";
import { paintFor } from "../../board/paint.ts";
import { terminalMarkdown } from "../../board/terminal-markdown.ts";
import { scenarioPage } from "../../report/scenario-page.ts";
import { openScenario, openStack, scenarioNames, stackNames } from "../../plan/library.ts";
import { resolveRun, stackToShow } from "../../plan/resolve-run.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

/** `blastlab scenarios`: name, length, title of each, by family. */
export function scenariosCommand({ json = false }: { readonly json?: boolean }, io: Io): void {
  const scenarios = scenarioNames().map(describe);
  if (json) return writeJson(io, scenarios);
  const paint = paintFor(io.stdout);
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const line = ({ name, title, lengthMs }: (typeof scenarios)[number]) => `${paint.bold(name.padEnd(width))}  ${paint.dim(clockTime(lengthMs).padStart(6))}  ${title}`;
  const sections = Object.entries(families).map(([family, heading]) => [paint.dim(heading), ...scenarios.filter(({ tags }) => tags[0] === family).map(line)]);
  const next = ["The times are minutes of a live run; with --virtual it takes seconds.", "Its page: npx blastlab scenarios NAME", "Play it:  npx blastlab run NAME --virtual"];
  writeLines(io, [...sections, next].flatMap((lines, index) => (index === 0 ? lines : ["", ...lines])));
}

/** `blastlab scenarios NAME`: its page. Throws LabError `unknown_scenario`, `scenario_invalid`. */
export function scenarioPageCommand(name: string, { json = false }: { readonly json?: boolean }, io: Io): void {
  const { text, shown } = openScenario(name);
  const scenario = parseScenario(text, shown);
  const { title, description, tags, endsAs, page = null } = scenario;
  if (json) return writeJson(io, { name: scenario.name, title, description, tags, endsAs, page });
  io.stdout.write(terminalMarkdown(scenarioPage(scenario, { titleOf, wrap: (paragraph) => paragraph }), io.stdout));
  writeLines(io, ["", `Play it:    npx blastlab run ${name} --virtual`, `Its file:   npx blastlab scenarios show ${name}`, "Its stacks: npx blastlab stacks"]);
}

/** Undefined: a stack of the user's own. */
function titleOf(stack: string): string | undefined {
  if (!stackNames().includes(stack)) return undefined;
  const { text, shown } = openStack(stack);
  return parseStack(text, shown).title;
}

/**
 * `blastlab scenarios show NAME`: the file as it is, which its comments explain. Throws LabError `unknown_scenario`,
 * `scenario_invalid`.
 */
export function showScenarioCommand(name: string, { json = false }: { readonly json?: boolean }, io: Io): void {
  const { text, shown } = openScenario(name);
  const scenario = parseScenario(text, shown);
  if (json) writeJson(io, scenario);
  else io.stdout.write(text);
}

function describe(name: string) {
  const { text, shown } = openScenario(name);
  const scenario = parseScenario(text, shown);
  const { plan } = resolveRun({ scenario: name, sets: [], stack: stackToShow(scenario) });
  return { name, title: scenario.title, description: scenario.description, tags: scenario.tags, endsAs: scenario.endsAs, seed: scenario.seed, lengthMs: plan.timeline.endMs, requests: plan.arrivalCount };
}

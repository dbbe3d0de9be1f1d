import path from "node:path";
import { parse } from "yaml";
import type { LabError } from "../../kernel/errors.ts";
import { parseScenario, parseStack, refusal, scenarioFile } from "../../scenarios/parse.ts";
import { scenarioSchema } from "../../scenarios/schema.ts";
import { stackSchema } from "../../scenarios/stack-schema.ts";
import { excessOf } from "../../scenarios/yaml-limits.ts";
import { fileLimits, readText } from "../files.ts";
import { incidentsIn } from "./incident-files.ts";
import { gatewayStackNames, openScenario, openStack, policySetNames, scenarioNames, stackNames } from "./library.ts";
import { attempt, referenceProblems } from "./reference-problems.ts";
import { resolveRun, stackToShow } from "./resolve-run.ts";

export type ValidatedKind = "scenario" | "stack" | "incidents";

/** What is wrong with a file, one line a problem; nothing, when a run can use it. */
export interface ValidatedFile {
  readonly file: string;
  readonly kind: ValidatedKind;
  readonly problems: readonly string[];
}

/** A stack alone is tried under it. */
const anyScenario = "smoke";

/**
 * Checks scenarios, stacks and incident files as far as can be seen without starting anything, each completely: its
 * fields, the files and incidents that it names, and every scenario on every stack (the given ones, `stack`, or the
 * default). Throws nothing for a bad file.
 */
export function validateFiles(names: readonly string[], stack: string | null): readonly ValidatedFile[] {
  const files = names.map((name) => ({ name, kind: kindOf(name), problems: [] as string[] }));
  for (const file of files) file.problems.push(...problemsOfFile(file.name, file.kind));
  const sound = (kind: ValidatedKind) => files.filter((file) => file.kind === kind && file.problems.length === 0);
  const given = files.some(({ kind }) => kind === "scenario") ? sound("scenario") : sound("stack").slice(0, 1).map(() => null);
  const stacks = files.some(({ kind }) => kind === "stack") ? sound("stack") : [null];
  for (const scenario of given) {
    for (const one of stacks) {
      const error = attempt(() => resolveRun({ scenario: scenario?.name ?? anyScenario, stack: one?.name ?? stack ?? usualStack(scenario?.name ?? anyScenario), sets: [] }));
      if (error === null) continue;
      const owner = error.code === "stack_invalid" ? (one ?? scenario) : (scenario ?? one);
      owner?.problems.push(...linesOf(error).filter((line) => !owner.problems.includes(line)));
    }
  }
  return files.map(({ name, kind, problems }) => ({ file: name, kind, problems }));
}

function problemsOfFile(name: string, kind: ValidatedKind): readonly string[] {
  if (kind === "incidents") return errorLines(() => [...incidentsIn(name)]);
  if (kind === "stack") return errorLines(() => stackOf(name));
  return errorLines(() => scenarioWithReferences(name));
}

function stackOf(name: string): void {
  const { text, shown, parts } = openStack(name);
  parseStack(text, shown, [], parts);
}

/** Throws the file's own problems, or else those of all names in it that lead elsewhere. */
function scenarioWithReferences(name: string): void {
  const source = openScenario(name);
  const scenario = parseScenario(source.text, source.shown);
  const problems = referenceProblems(scenario, path.dirname(source.path));
  if (problems.length > 0) throw refusal(scenarioFile, source.text, source.shown, [], problems);
}

/** What a scenario has and a stack has not. */
const scenarioFields = Object.keys(scenarioSchema.shape).filter((field) => !Object.hasOwn(stackSchema.shape, field));

/** By its name, or by the fields at its top: a stack may have nothing but a name and a title. */
function kindOf(name: string): ValidatedKind {
  if (scenarioNames().includes(name)) return "scenario";
  if ([...stackNames(), ...policySetNames(), ...gatewayStackNames()].includes(name)) return "stack";
  if (/\.json$|#/.test(name)) return "incidents";
  const fields = topFields(name);
  return fields.length === 0 || fields.some((field) => scenarioFields.includes(field)) ? "scenario" : "stack";
}

function topFields(file: string): readonly string[] {
  try {
    const text = readText(file, fileLimits.scenarioBytesMax);
    return excessOf(text) === null ? Object.keys((parse(text, { logLevel: "silent" }) ?? {}) as object) : [];
  } catch {
    return [];
  }
}

function errorLines(check: () => unknown): readonly string[] {
  const error = attempt(check);
  return error === null ? [] : linesOf(error);
}

/** `Cannot use x:` and a line a problem; or one sentence, with its hint. */
function linesOf({ message, hint }: LabError): readonly string[] {
  const [first = "", ...lines] = message.split("\n");
  return lines.length === 0 ? [`${first}. ${hint}`] : lines.map((line) => line.trim());
}

/** Where the scenario cannot be read, any will do: it is refused for that. */
function usualStack(name: string): string {
  const { text, shown } = openScenario(name);
  return stackToShow(parseScenario(text, shown));
}

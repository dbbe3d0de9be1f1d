import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadIncidents } from "./incidents.ts";
import { openScenario, openStack, scenarioNames, stackNames } from "./library.ts";
import { resolveRun } from "./resolve-run.ts";
import { validateFiles } from "./validate.ts";

const folder = mkdtempSync(path.join(tmpdir(), "blastlab-validate-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
}

const smoke = openScenario("smoke").text;
const whole = openStack("one-process").text;
const [incident] = loadIncidents();
/** The line of a text that first says `words`: the library's own files may grow. */
const lineOf = (text: string, words: string) => text.slice(0, text.indexOf(words)).split("\n").length;
/** Without the path of the file. */
const problems = (files: ReturnType<typeof validateFiles>) => files.map((file) => file.problems.map((problem) => problem.replace(/^\S*\//, "")));

test("validateFiles: everything that comes with the lab is valid", () => {
  for (const name of [...scenarioNames(), ...stackNames()]) expect(validateFiles([name], null)).toEqual([{ file: name, kind: expect.any(String) as string, problems: [] }]);
});

test("validateFiles: all problems of all files at once, each with line and column", () => {
  const scenario = fileOf("bad.yaml", smoke.replace("steadyMs", "stedyMs").replace("kind: toxic", "kind: toxc"));
  const stack = fileOf("stack.yaml", whole.replace("breaker:", "braker:").replace("contractCheck", "contractChek"));
  const incidents = fileOf("list.json", JSON.stringify([incident, { ...incident, id: "x", severity: 7 }]));
  const found = validateFiles([scenario, stack, incidents], null);
  expect(found.map(({ kind }) => kind)).toEqual(["scenario", "stack", "incidents"]);
  const [inScenario, inStack, inList] = problems(found);
  expect(inScenario).toEqual([
    `bad.yaml:${lineOf(smoke, "steadyMs")}:29 timeline: Unrecognized key: "stedyMs". Did you mean "steadyMs"?`,
    expect.stringMatching(new RegExp(`^bad\\.yaml:${lineOf(smoke, "kind: toxic")}:13 faults\\.1\\.kind: Expected one of .* Did you mean "toxic"\\?$`)),
  ]);
  expect(inStack).toEqual([]);
  expect(inList).toEqual([expect.stringMatching(/^incident "x", severity: /)]);
});

test("validateFiles: a stack alone is tried under a scenario, so that the gateway's settings are checked with line and column", () => {
  const stack = fileOf("typo.yaml", whole.replace("breaker:", "braker:").replace("contractCheck", "contractChek"));
  const [inStack] = problems(validateFiles([stack], null));
  expect(inStack).toEqual([
    `typo.yaml:${lineOf(whole, "breaker:")}:5 gateway.policy: Unrecognized key: "braker". Did you mean "breaker"?`,
    `typo.yaml:${lineOf(whole, "contractCheck")}:3 gateway: Unrecognized key: "contractChek". Did you mean "contractCheck"?`,
  ]);
  expect(() => resolveRun({ scenario: "smoke", stack, sets: [] })).toThrow(expect.objectContaining({ exit: "refused", code: "stack_invalid" }) as Error);
  expect(() => resolveRun({ scenario: "smoke", sets: ["stack.gateway.policy.brekaer=null"] })).toThrow('--set stack.gateway.policy.brekaer=null gateway.policy: Unrecognized key: "brekaer". Did you mean "breaker"?');
});

test("validateFiles: incidents and profiles that a scenario names, all of them, where it names them", () => {
  const faults = "faults: [{ kind: incident, incident: openai-2025-06-10-gpu-netwrk }, { kind: incident, incident: nowhere.json }]\n";
  const text = smoke.replace(/faults:[\s\S]*?\nmeasure/, `${faults}\nmeasure`).replace("latency: claude-3.5-haiku", "latency: gone.json");
  const [found] = problems(validateFiles([fileOf("names.yaml", text)], null));
  expect(found).toEqual([
    expect.stringMatching(new RegExp(`^names\\.yaml:${lineOf(text, "gone.json")}:\\d+ deployments\\.1\\.latency: Cannot use "gone\\.json": there is no such file`)),
    expect.stringMatching(new RegExp(`^names\\.yaml:${lineOf(text, "faults:")}:\\d+ faults\\.0\\.incident: Cannot find incident .* Did you mean "openai-2025-06-10-gpu-network"`)),
    expect.stringMatching(new RegExp(`^names\\.yaml:${lineOf(text, "faults:")}:\\d+ faults\\.1\\.incident: Cannot use the incidents of "nowhere\\.json"`)),
  ]);
});

test("validateFiles: what a scenario's faults need of the stack is checked on that stack", () => {
  const scenario = fileOf("store.yaml", smoke.replace(/faults:[\s\S]*?\nmeasure/, "faults: [{ kind: dependency, role: store, state: down, lengthMs: 5000 }]\n\nmeasure"));
  const [found] = problems(validateFiles([scenario], null));
  expect(found).toEqual([expect.stringContaining("it has no store")]);
  const stack = fileOf("with-store.yaml", `${whole}store: redis\n`);
  expect(problems(validateFiles([scenario, stack], null))).toEqual([[], []]);
});

test("validateFiles: a file that is not there, and one that is no YAML", () => {
  expect(problems(validateFiles([path.join(folder, "gone.yaml"), fileOf("broken.yaml", "name: [a\n")], null))).toEqual([
    [expect.stringContaining("there is no such file")],
    [expect.stringMatching(/^broken\.yaml:\d+:\d+ \(yaml\): /)],
  ]);
});

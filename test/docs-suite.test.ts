import { readFileSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { buildProgram } from "../lab/cli/program.ts";

const page = readFileSync(path.resolve(import.meta.dirname, "../docs/suite.md"), "utf8");
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text!) as unknown);

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly with?: { readonly arguments?: string };
}

const [action, workflow] = blocks as [{ runs: { using: string; steps: Step[] }; inputs: object }, { jobs: Record<string, { steps: Step[] }> }];

/** What the steps give to `blastlab suite`, with a number in place of each expression. */
function argumentsIn(steps: readonly Step[]): readonly string[][] {
  const runs = steps.flatMap(({ run }) => /blastlab\.mjs suite (.*?)(?: \|\| .*)?$/.exec(run ?? "")?.[1] ?? []);
  const inputs = steps.flatMap(({ uses, with: given }) => (uses?.endsWith("/blastlab-suite") === true ? (given?.arguments ?? []) : []));
  return [...runs, ...inputs].map((text) => text.replaceAll(/\$\{\{[^}]*\}\}/g, "1").split(" "));
}

/** Throws what the parser throws. */
function parseSuite(words: readonly string[]): void {
  const nowhere = new PassThrough() as unknown as NodeJS.WriteStream;
  const program = buildProgram({ stdout: nowhere, stderr: nowhere }, () => {});
  program.commands.find((command) => command.name() === "suite")!.action(() => {});
  program.parse(["suite", ...words], { from: "user" });
}

test("docs/suite.md: the composite action and the workflow are YAML, and give the suite options that there are", () => {
  expect(blocks).toHaveLength(2);
  expect(action.runs.using).toBe("composite");
  const given = [...argumentsIn(action.runs.steps), ...Object.values(workflow.jobs).flatMap(({ steps }) => argumentsIn(steps))];
  expect(given).toHaveLength(3);
  for (const words of given) expect(() => parseSuite(words), words.join(" ")).not.toThrow();
  expect(() => parseSuite(["--jnuit", "x"])).toThrow("unknown option");
});

test("docs/suite.md: every option of the suite is on the page", () => {
  const nowhere = new PassThrough() as unknown as NodeJS.WriteStream;
  const { options } = buildProgram({ stdout: nowhere, stderr: nowhere }, () => {}).commands.find((command) => command.name() === "suite")!;
  const missing = options.map(({ long }) => long!).filter((long) => !["--virtual", "--allow-targets"].includes(long) && !page.includes(long));
  expect(missing).toEqual([]);
});

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildProgram, runCli } from "../lab/cli/program.ts";
import { loadIncidents } from "../lab/plan/incidents.ts";
import { resolveRun } from "../lab/plan/resolve-run.ts";
import { filesOf } from "./own-gateway/page.ts";

const root = path.resolve(import.meta.dirname, "..");
const documents = ["README.md", "CONTRIBUTING.md", ...readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md")).map((name) => path.join("docs", name))];

interface Example {
  readonly place: string;
  readonly words: readonly string[];
}

/**
 * Every whole command line of the lab: a line of its own in a code block, fenced or indented, or a code span that
 * begins with `npx blastlab`. A line of prose may begin with the lab's name.
 */
function examplesOf(document: string, text: string): readonly Example[] {
  const joined = text.replaceAll(/\\\n\s*/g, " ");
  let isFenced = false;
  return joined.split("\n").flatMap((line, index) => {
    const place = `${document}:${index + 1}`;
    if (/^\s*(?:```|~~~)/.test(line)) isFenced = !isFenced;
    const isCode = isFenced || /^(?: {4}|\t)/.test(line);
    const own = isCode ? /^\s*(?:\$ )?(?:npx )?blastlab\s+(.+)$/.exec(line)?.[1] : undefined;
    const spans = [...line.matchAll(/`npx blastlab ([^`]+)`/g)].map((match) => match[1]!);
    return [...(own === undefined ? [] : [own]), ...spans].map((command) => ({ place, words: wordsOf(command) }));
  });
}

/** As a shell parts them: quotes, and nothing after a comment's sign, a pipe or an and. */
function wordsOf(command: string): readonly string[] {
  const plain = command.replace(/\s(#|\||&&|>|;).*$/, "");
  return [...plain.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_quoted, single?: string, double?: string) => single ?? double ?? ""));
}

const examples = documents.flatMap((document) => examplesOf(document, readFileSync(path.join(root, document), "utf8")));
const titled = examples.map((example) => [`${example.place} ${example.words.join(" ")}`, example] as const);

interface Parsed {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** What the command line asks for, without doing it. Throws what the parser throws. */
function parse(words: readonly string[]): Parsed | null {
  const nowhere = new PassThrough() as unknown as NodeJS.WriteStream;
  const program = buildProgram({ stdout: nowhere, stderr: nowhere }, () => {});
  let parsed: Parsed | null = null;
  const record = (command: Command, names: readonly string[]) => {
    const name = [...names, command.name()];
    command.action((...all: readonly unknown[]) => {
      parsed = { command: name.slice(1).join(" "), args: all.slice(0, -2).filter((arg): arg is string => typeof arg === "string"), options: command.optsWithGlobals() };
    });
    for (const inner of command.commands) record(inner, name);
  };
  for (const command of program.commands) record(command, [program.name()]);
  program.parse([...words], { from: "user" });
  return parsed;
}

test("examplesOf: finds lines and spans, parts words as a shell does, and leaves prose alone", () => {
  const text = [
    "A `blastlab incidents` lists; `npx blastlab doctor --json` looks. Another line was faster:", "blastlab 142 us for JSON.", "",
    "    blastlab run a --set 'b=[c, d]' # why", "```sh", "npx blastlab run x \\", "  --seed 3 | tee log", "```", "blastlab is a lab.",
  ].join("\n");
  expect(examplesOf("x.md", text).map(({ words }) => words)).toEqual([["doctor", "--json"], ["run", "a", "--set", "b=[c, d]"], ["run", "x", "--seed", "3"]]);
  expect(() => parse(["run", "smoke", "--sead", "3"])).toThrow("unknown option");
  expect(parse(["incidents", "show", "x", "--json"])).toEqual({ command: "incidents show", args: ["x"], options: { json: true } });
});

test.each(["README.md", "docs/scenarios.md", "docs/import.md", "docs/record.md"])("documents: %s shows examples", (document) => {
  expect(examples.filter(({ place }) => place.startsWith(`${document}:`))).not.toEqual([]);
});

test.each(titled)("documents: %s is a command that there is", (_title, { words }) => {
  expect(() => {
    try {
      parse(words);
    } catch (error) {
      if ((error as { exitCode?: unknown }).exitCode !== 0) throw error;
    }
  }).not.toThrow();
});

/**
 * What stands in for the files that a reader is to have recorded or imported: their tests are those of the commands
 * that write them.
 */
let recorded: string;
beforeAll(() => {
  recorded = path.join(mkdtempSync(path.join(tmpdir(), "blastlab-docs-")), "profile.json");
  const [incident] = loadIncidents();
  const latency = { firstTokenMsP50: 500, firstTokenSigma: 0.3, tokensPerSecond: 80 };
  const phases = [{ ...incident!.phases[0]!, offsetMin: 0, lengthMin: 1 }];
  writeFileSync(recorded, JSON.stringify({ schema: "blastlab.profile/1", upstream: "http://127.0.0.1:1", recordedAt: "2026-11-22T14:00:00Z", latency, errors: [], incident: { ...incident, phases } }));
});
afterAll(() => rmSync(path.dirname(recorded), { recursive: true }));

/** A scenario that a reader is to have made with `blastlab new`. */
function scenarioOf(name: string): string {
  const [, own] = /^\.\/(my-[\w-]+)\.yaml$/.exec(name) ?? [];
  if (own === undefined) return name;
  const file = path.join(path.dirname(recorded), `${own}.yaml`);
  writeFileSync(file, readFileSync(path.join(root, "scenarios/template.yaml"), "utf8").replace("name: NAME", `name: ${own}`));
  return file;
}

/** A stack that a reader is to have made of README.md or docs/own-gateway.md. */
function stackOf(name: string): string {
  const text = ownFiles.get(name);
  if (text === undefined) return name;
  const file = path.join(path.dirname(recorded), path.basename(name));
  writeFileSync(file, text);
  return file;
}

const [, ownStack] = /^```yaml\n(name: mine\n.*?)^```$/ms.exec(readFileSync(path.join(root, "README.md"), "utf8"))!;
const ownFiles = new Map([...filesOf(readFileSync(path.join(root, "docs/own-gateway.md"), "utf8")), ["./mine.yaml", ownStack!]]);

const standIn = (set: string): string => {
  const setting = set.slice(0, set.indexOf("="));
  const value = set.slice(setting.length + 1);
  return /\.json$|#/.test(value) && !existsSync(path.join(root, value)) ? `${setting}=${recorded}` : set;
};

const ids = new Set(loadIncidents().map(({ id }) => id));
/** `incidents show PATH`: of what a reader is to have imported or recorded. */
const withStandIn = (words: readonly string[]) => (words[1] === "show" && !ids.has(words[2]!) ? [...words.slice(0, 2), recorded, ...words.slice(3)] : words);

test.each(titled.filter(([, { words }]) => words[0] === "run"))("documents: %s resolves: scenario, settings and incidents are there", async (_title, { words }) => {
  const { args, options } = parse(words)!;
  const sets = (options["set"] as readonly string[]).map(standIn);
  const { seed, speed, stack } = options as { seed?: number; speed?: number; stack?: string };
  const { plan } = resolveRun({ scenario: scenarioOf(args[0]!), sets, ...(stack === undefined ? {} : { stack: stackOf(stack) }), ...(seed === undefined ? {} : { seed }), ...(speed === undefined ? {} : { speed }) });
  expect(plan.arrivalCount).toBeGreaterThan(0);
});

test.each(titled.filter(([, { words }]) => words[0] === "incidents" && words[1] === "show"))("documents: %s names an incident of the catalogue, or a file of docs/import.md or docs/record.md", (title, { words }) => {
  if (!/^docs\/(import|record)\.md:/.test(title)) expect(ids).toContain(words[2]);
});

/** Commands that only look, and do so in a moment. */
const cheap = (words: readonly string[]) => words.includes("--help") || words.includes("--version") || /^(scenarios|stacks|doctor|incidents|incidents show [\w.#-]+)( --json)?$/.test(words.join(" "));

test.each(titled.filter(([, { words }]) => cheap(words)))("documents: %s runs and ends with 0", async (_title, { words }) => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdout.resume();
  const code = await runCli(withStandIn(words), { stdout: stdout as unknown as NodeJS.WriteStream, stderr: stderr as unknown as NodeJS.WriteStream });
  expect({ code, stderr: String(stderr.read() ?? "") }).toEqual({ code: 0, stderr: "" });
});

test("documents: the launcher itself runs an example, as npx would", () => {
  const { status, stdout } = spawnSync(process.execPath, [path.join(root, "lab/cli/blastlab.mjs"), "scenarios"], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining("flagship") as unknown });
});

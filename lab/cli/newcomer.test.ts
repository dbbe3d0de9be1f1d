import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseStack } from "../../scenarios/parse.ts";
import { runCli } from "./program.ts";
import { expectCode } from "../../test/support/exit-code.ts";

const before = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "blastlab new comer-"));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

async function blastlab(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const stdout = new PassThrough({ highWaterMark: 2 ** 24 });
  const stderr = new PassThrough();
  const code = await runCli(args, { stdout: stdout as unknown as NodeJS.WriteStream, stderr: stderr as unknown as NodeJS.WriteStream });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

test("blastlab new: a scenario that is valid, runs as it is, and is never overwritten", async () => {
  const { code, stdout, stderr } = await blastlab("new", "my-scenario");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("npx blastlab run ./my-scenario.yaml --virtual");
  const text = readFileSync("my-scenario.yaml", "utf8");
  expect(text).not.toMatch(/NAME|FILE|SCHEMA/);
  const [, schema = ""] = /\$schema=(.+)/.exec(text) ?? [];
  expect(existsSync(path.resolve(schema))).toBe(true);
  expect((await blastlab("validate", "./my-scenario.yaml")).stdout).toBe("./my-scenario.yaml  scenario, valid\n");
  const run = await blastlab("run", "./my-scenario.yaml", "--virtual", "--json");
  expectCode(run, 0);
  expect(JSON.parse(run.stdout)).toMatchObject({ verdict: { verdict: "held", scenario: "my-scenario" } });
  const again = await blastlab("new", "my-scenario");
  expectCode(again, 4);
  expect(again.stderr).toContain("Cannot write my-scenario.yaml: it exists already");
  expect(readFileSync("my-scenario.yaml", "utf8")).toBe(text);
});

test("blastlab new: the alternatives in its comments are valid too", async () => {
  await blastlab("new", "mine");
  const alternatives = [...readFileSync("mine.yaml", "utf8").matchAll(/^ {2}# - (\{ kind: .*\})$/gm)].map(([, fault]) => fault!);
  expect(alternatives).toHaveLength(3);
  for (const fault of alternatives) expect((await blastlab("run", "./mine.yaml", "--dry-run", "--set", `faults=[${fault}]`)).stderr).toBe("");
});

test.each(["My Scenario", "../evil", "a.yaml", ""])("blastlab new: %j is no name", async (name) => {
  const ended = await blastlab("new", name);
  expectCode(ended, 4);
  const { stderr } = ended;
  expect(stderr).toContain(`Cannot name a scenario "${name}"`);
  expect(readdirSync(".")).toEqual([]);
});

test("blastlab validate: ends with 4 and lists all, also as JSON", async () => {
  await blastlab("new", "mine");
  const ended = await blastlab("validate", "./mine.yaml", "./gone.yaml", "naive");
  expectCode(ended, 4);
  const { stdout } = ended;
  expect(stdout).toMatch(/mine\.yaml {2}scenario, valid\n.*gone\.yaml {2}scenario, 1 problem\n {2}.*there is no such file.*\nnaive {2}stack, valid\n/);
  expect(JSON.parse((await blastlab("validate", "./gone.yaml", "--json")).stdout)).toMatchObject({ valid: false, files: [{ file: "./gone.yaml", problems: [expect.any(String)] }] });
});

test("blastlab validate: a file with no field of a scenario is a stack, and what it extends in vain is named with it", async () => {
  writeFileSync("bare.yaml", "name: bare\ntitle: Bare\n");
  expect((await blastlab("validate", "./bare.yaml")).stdout).toBe("./bare.yaml  stack, valid\n");
  writeFileSync("mine.yaml", "extends: nakve\nname: mine\ntitle: Mine\n");
  expect((await blastlab("validate", "./mine.yaml")).stdout).toContain('There is no stack "nakve", which mine.yaml extends. Did you mean naive?');
});

test("blastlab run: the name of a file of one's own is not enough, and its path is the hint", async () => {
  await blastlab("new", "mine");
  expect((await blastlab("run", "mine")).stderr).toContain("hint: Did you mean ./mine.yaml?");
});

test.each([["--virtual"], ["--network"]])("blastlab run --dry-run: the plan in words (%s), and nothing is started or written", async (how) => {
  const { code, stdout, stderr } = await blastlab("run", "smoke", "--dry-run", ...(how === "--network" ? ["--network", "embedded"] : [how]));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("smoke on one-process");
  expect(stdout).toContain(how === "--virtual" ? "in virtual time" : "live for 40 s, with the embedded load generator and the embedded network proxy");
  expect(stdout).toMatch(/ 0:22 {2}Outage "half-down" on primary, until 0:32; reaches support\/chat\/local, search\/answer\/local/);
  expect(stdout).toMatch(/ 0:24 {2}latency downstream on the link from the gateway to primary/);
  expect(stdout).toContain("assistant: primary (openai gpt-4o-mini), or else fallback (anthropic claude-3-5-haiku-20241022)");
  expect(stdout).toContain("blast radius at most 10 %");
  expect(readdirSync(".")).toEqual([]);
});

test("blastlab run --dry-run: what a run would refuse is refused", async () => {
  expectCode(await blastlab("run", "smoke", "--dry-run", "--stack", "nobody"), 4);
  expect((await blastlab("run", "smoke", "--dry-run", "--virtual", "--set", "deployments.0.url=http://127.0.0.1:9")).stderr).toContain("only exists live");
  expect(JSON.parse((await blastlab("run", "smoke", "--dry-run", "--json")).stdout)).toMatchObject({ plan: { scenario: "smoke" } });
});

test.each([
  ["a program that is not there", "{ program: no-such-program }", 'there is no program "no-such-program" on the PATH'],
  ["a folder that is not there", "{ program: node, cwd: no/such/folder }", 'there is no folder "no/such/folder"'],
])("blastlab run: %s is refused before anything starts", async (_what, command, message) => {
  writeFileSync("mine.yaml", `name: mine\ntitle: Mine\nexternal: { url: "http://127.0.0.1:4000", linkPorts: { primary: 9101, fallback: 9102 }, command: ${command} }\n`);
  const ended = await blastlab("run", "smoke", "--stack", "./mine.yaml", "--allow-commands", "--dry-run");
  expectCode(ended, 4);
  const { stderr } = ended;
  expect(stderr).toContain(message);
});

test("blastlab run: a slip in the names of an external gateway's section is refused with line and column", async () => {
  writeFileSync("mine.yaml", 'name: mine\ntitle: Mine\nexternal:\n  url: "http://127.0.0.1:4000"\n  linkPorts: { primry: 9101, fallback: 9102 }\n');
  const ended = await blastlab("run", "smoke", "--stack", "./mine.yaml", "--dry-run");
  expectCode(ended, 4);
  const { stderr } = ended;
  expect(stderr).toContain('mine.yaml:5:16 external.linkPorts: The scenario has no "primry". Did you mean "primary"?');
});

test("blastlab run: an unknown incident is refused with line, column and what was meant, in a file and in --set", async () => {
  expectCode(await blastlab("new", "typo"), 0);
  const lines = readFileSync("typo.yaml", "utf8").split("\n");
  const at = lines.indexOf("faults:");
  writeFileSync("typo.yaml", [...lines.slice(0, at + 1), "  - kind: incident", "    incident: openai-2025-06-10-gpu-netwrk", ...lines.slice(lines.findIndex((line, index) => index > at && /^\w/.test(line)))].join("\n"));
  const meant = 'faults.0.incident: Cannot find incident "openai-2025-06-10-gpu-netwrk": it is not one of the 82 in the catalogue. Did you mean "openai-2025-06-10-gpu-network"';
  const ofFile = await blastlab("run", "./typo.yaml", "--virtual");
  expect({ code: ofFile.code, stderr: ofFile.stderr }).toEqual({ code: 4, stderr: expect.stringContaining(`typo.yaml:${at + 3}:15 ${meant}`) as unknown });
  const ofSet = await blastlab("run", "smoke", "--virtual", "--set", "faults=[{kind: incident, incident: openai-2025-06-10-gpu-netwrk}]");
  expect({ code: ofSet.code, stderr: ofSet.stderr }).toEqual({ code: 4, stderr: expect.stringContaining(meant) as unknown });
});

test("blastlab run: a header's value may stand over several lines, and is sent as one", async () => {
  const stackOf = (value: string) => writeFileSync("mine.yaml", `name: mine\ntitle: Mine\nexternal:\n  url: "http://127.0.0.1:4000"\n  linkPorts: { primary: 9101, fallback: 9102 }\n  headers:\n    x-config: ${value}\n`);
  stackOf('|-\n      {\n        "mode": "fallback"\n      }');
  expectCode(await blastlab("run", "smoke", "--stack", "./mine.yaml", "--dry-run"), 0);
  expect(parseStack(readFileSync("mine.yaml", "utf8"), "mine.yaml").external?.headers).toEqual({ "x-config": '{ "mode": "fallback" }' });
  stackOf('"\\u2603"');
  expect(await blastlab("run", "smoke", "--stack", "./mine.yaml", "--dry-run")).toMatchObject({ code: 4, stderr: expect.stringContaining("mine.yaml:7:15 external.headers.x-config: Use printable characters of Latin-1") as unknown });
});

test.each([
  [["help"], "Usage: blastlab"],
  [["-h"], "Usage: blastlab"],
  [["run", "-h"], "Usage: blastlab run"],
  [["help", "run"], "Usage: blastlab run"],
  [["incidents", "list"], "openai-2025-06-10-gpu-network"],
  [["scenarios", "list"], "flagship"],
  [["stacks", "list"], "naive"],
  [["scenarios", "show", "smoke"], "name: smoke"],
  [["stacks", "show", "naive"], "name: naive"],
  [["stacks", "naive"], "name: naive"],
  [["incidents", "openai-2025-06-10-gpu-network"], "sources"],
  [["coverage"], "Nothing was played yet"],
  [["scenarios", "show", "smoke", "--json"], '"recoveryMs": 8000'],
])("blastlab: %j works", async (args, shown) => {
  const { code, stdout, stderr } = await blastlab(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(shown);
});

test.each([
  [["run", "smoke", "--repeat", "0"], "1 or more"],
  [["run", "smoke", "--repeat", "2", "--virtual"], "cannot be used with"],
  [["scenarios", "show", "smok"], 'no scenario "smok"'],
  [["run", "naive"], '"naive" is a stack. `npx blastlab scenarios` lists the scenarios'],
  [["suite", "--stack", "naive", "smoke"], '"smoke" is a scenario. `npx blastlab stacks` lists the stacks'],
  [["compare", "smok", "--stack", "naive,hardened", "--json", "c.json"], 'error: There is no scenario "smok"'],
  [["compare", "smoke"], "`npx blastlab compare --help` shows what there is"],
  [["suite", "smoke", "--seeds", "x"], "Write --seeds 20 for seeds 1 to 20"],
])("blastlab: %j is refused", async (args, message) => {
  const ended = await blastlab(...args);
  expectCode(ended, 4);
  const { stderr } = ended;
  expect(stderr).toContain(message);
});

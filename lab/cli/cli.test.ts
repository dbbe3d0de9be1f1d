import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Command, CommanderError } from "commander";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { LabError } from "../../kernel/errors.ts";
import { HandMadeRun } from "../../observer/measure/testing.ts";
import { writeRun } from "../../observer/run-directory.fixture.ts";
import { paintFor } from "../board/paint.ts";
import { loadIncidents } from "../plan/incidents.ts";
import { incidentPage } from "./commands/incidents.ts";
import { buildProgram, runCli } from "./program.ts";
import { troubleOf } from "./trouble.ts";
import { expectCode } from "../../test/support/exit-code.ts";

const entry = fileURLToPath(new URL("./blastlab.mjs", import.meta.url));

afterEach(() => vi.unstubAllEnvs());

/** One command line in this process: exit code and what it wrote. */
async function blastlab(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(args, { stdout: stdout as unknown as NodeJS.WriteStream, stderr: stderr as unknown as NodeJS.WriteStream });
  const text = (stream: PassThrough) => String(stream.read() ?? "");
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The words of each command, `blastlab` itself included. */
const wordsOf = (command: Command): readonly string[] => (command.parent === null ? [] : [...wordsOf(command.parent), command.name()]);
const allCommands = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(allCommands)];
const nowhere = new PassThrough() as unknown as NodeJS.WriteStream;

test.each(allCommands(buildProgram({ stdout: nowhere, stderr: nowhere }, () => {})).map((command) => [wordsOf(command)] as const))(
  "runCli: help of %j has a usage line and examples, and fits 80 columns but for its examples",
  async (words) => {
    const { code, stdout, stderr } = await blastlab(...words, "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(["Usage: blastlab", ...words].join(" "));
    expect(stdout).toContain("\nExamples:\n  npx blastlab");
    expect(stdout.split("\n").filter((line) => line.length > 80 && !line.startsWith("  npx blastlab"))).toEqual([]);
  },
);

test("runCli: the version of the package", async () => {
  expect((await blastlab("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  [["run", "smoke", "--sead", "3"], "unknown option '--sead'", "Did you mean --seed?"],
  [["incident"], "unknown command 'incident'", "Did you mean incidents?"],
  [["help", "incident"], "unknown command 'incident'", "Did you mean incidents?"],
  [["verdict"], "missing required argument 'run-dir'", "--help"],
  [["run", "smoke", "--load", "ab"], "Allowed choices are embedded, k6", "--help"],
  [["run", "smoke", "--seed", "-1"], "whole number", "--help"],
  [["run", "smoke", "--speed", "0"], "above 0", "--help"],
  [["run", "smoke", "--seed"], "argument missing", "--help"],
  [["tools", "install", "docker"], "Allowed choices are k6, toxiproxy", "--help"],
  [["doctor", "extra"], "too many arguments", "--help"],
  [[], "No command was given", "--help"],
  [["run", "flagshi"], 'no scenario "flagshi"', "flagship"],
  [["run", "smoke", "--toxiproxy-url", "http://8.8.8.8:8474"], "8.8.8.8 is not a loopback address", "--allow-targets"],
  [["run", "smoke", "--observer-otlp", "http://8.8.8.8:4318"], "8.8.8.8 is not a loopback address", "--allow-targets"],
  [["run", "smoke", "--toxiproxy-url", "http://8.8.8.8:8474", "--allow-targets", "/nowhere/list"], "allow-list /nowhere/list", "host:port"],
  [["run", "smoke", "--set", "sed=1", "--out", "/nowhere"], "sed", "seed"],
  [["incidents", "show", "openai-2025-06-10"], 'Cannot find incident "openai-2025-06-10"', "openai-2025-06-10-gpu-network"],
  [["run", "smoke", "--control", "/nowhere", "--out", "/nowhere"], 'Cannot read plan.json of run "/nowhere"', "a directory under runs/"],
  [["verdict", "/nowhere"], 'the plan of run "/nowhere": there is no such file', "a run directory"],
])("runCli: %j is refused with one error and one hint", async (args, message, hint) => {
  const ended = await blastlab(...args);
  expectCode(ended, 4);
  const { stderr } = ended;
  const [error = "", ...rest] = stderr.trimEnd().split(/\n(?=hint: )/);
  expect(error).toMatch(/^error: /);
  expect(error).toContain(message);
  expect(rest).toHaveLength(1);
  expect(rest[0]).toContain(hint);
  expect(stderr).not.toContain("    at ");
});

test("runCli: with --json an error is an object on stdout, and stderr stays empty", async () => {
  const { code, stdout, stderr } = await blastlab("verdict", "/nowhere", "--json");
  expect({ code, stderr }).toEqual({ code: 4, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({ error: { code: "run_unreadable", message: expect.any(String) as unknown, hint: expect.any(String) as unknown } });
  expect(JSON.parse((await blastlab("doctor", "--josn", "--json")).stdout)).toMatchObject({ error: { code: "bad_arguments", hint: "Did you mean --json?" } });
});

test("runCli: verdict measures a run of an earlier version again, and says that its plan cannot be recomputed, for a person and for a program", async () => {
  const run = new HandMadeRun();
  run.every(100, 0, 100_001, (atMs) => run.good("red", atMs));
  const directory = writeRun(run.plan(), run.records(), run.arrivals);
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const ended = await blastlab("verdict", directory);
  expectCode(ended, 2);
  const { stdout } = ended;
  expect(stdout).toMatch(/^UNKNOWN {2}by-hand on by-hand {2}By hand$/m);
  expect(stdout).toContain("inputs.json: there is no such file. Runs of earlier versions kept none: run the scenario again.");
  expect(stdout).toContain("blast radius 0 %");
  expect(readFileSync(path.join(directory, "report.md"), "utf8")).toContain("**unknown**");
  const inputs = { sha256: null, recomputed: false };
  expect(JSON.parse((await blastlab("verdict", directory, "--json")).stdout)).toMatchObject({ exitCode: 2, verdict: { verdict: "unknown", run: run.plan().run, inputs } });
});

test("runCli: report shows a run in each form, to files and to standard output, and writes nothing into its directory", async () => {
  const run = new HandMadeRun();
  run.every(100, 0, 100_001, (atMs) => run.good("red", atMs));
  const directory = writeRun(run.plan(), run.records(), run.arrivals);
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const files = { html: path.join(directory, "out.html"), svg: path.join(directory, "out.svg") };
  const { code, stdout } = await blastlab("report", directory, "--html", files.html, "--svg", files.svg, "--markdown", "-");
  expect({ code, head: stdout.split("\n")[0] }).toEqual({ code: 0, head: "# By hand" });
  expect(readFileSync(files.html, "utf8")).toMatch(/^<!doctype html>.*<h1>By hand<\/h1>/s);
  expect(readFileSync(files.svg, "utf8")).toMatch(/^<svg /);
  expect(existsSync(path.join(directory, "report.html"))).toBe(false);
  const refused = await blastlab("report", directory, "--html", directory);
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining("it is a directory") as unknown });
  const both = await blastlab("report", directory, "--html", "-", "--markdown", "-");
  expect(both).toMatchObject({ code: 4, stdout: "", stderr: expect.stringContaining("Two reports cannot both go to standard output") as unknown });
});

test("runCli: diff shows two runs beside each other, as a table and as a page", async () => {
  const directories = ["red", "blue"].map((team) => {
    const run = new HandMadeRun();
    run.every(100, 0, 100_001, (atMs) => (team === "red" && atMs > 50_000 ? run.failed("red", atMs) : run.good("red", atMs)));
    return writeRun(run.plan({ stack: team }), run.records(), run.arrivals);
  });
  onTestFinished(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));
  const [red, blue] = directories as [string, string];
  for (const directory of directories) await blastlab("verdict", directory);
  const table = await blastlab("diff", red, blue);
  expect(table.stdout).toMatch(/^A {2}UNKNOWN {2}by-hand on red, seed 7\nB {2}UNKNOWN {2}by-hand on blue, seed 7\n/);
  expect(table.stdout).toMatch(/^ *bad share +62\.4 % +0 % +-62\.4 %/m);
  const page = await blastlab("diff", red, blue, "--html", "-");
  expect(page.stdout).toContain("<h1>by-hand, seed 7: red and blue</h1>");
});

test("runCli: a run directory that the observer cannot read is reported in the observer's words", async () => {
  const directory = mkdtempSync(path.join(tmpdir(), "blastlab-cli-"));
  writeFileSync(path.join(directory, "plan.json"), "{");
  const ended = await blastlab("verdict", directory);
  rmSync(directory, { recursive: true });
  expectCode(ended, 4);
  expect(ended.stderr).toMatch(/^error: Cannot read the plan of run .*\nhint: .*plan\.json.*\n$/);
});

test("runCli: the page of a scenario is plain text where it is no terminal, and explains each stack that it names", async () => {
  const { stdout } = await blastlab("scenarios", "provider-contaminates");
  expect(stdout).toContain("\nWhat it teaches. ");
  expect(stdout).toMatch(/\(post-mortem:\shttps:\/\/www\.anthropic\.com\/engineering\/a-postmortem-of-three-recent-issues\)/);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain("- hardened-without-contract-check (hardened without the check of what providers send): deviated.");
  for (const mark of ["**", "`", "\u001B"]) expect(stdout).not.toContain(mark);
});

test("runCli: scenarios, for a person and for a program", async () => {
  const { stdout } = await blastlab("scenarios");
  expect(stdout).toMatch(/^flagship +1:\d\d {2}\S/m);
  const listed = JSON.parse((await blastlab("scenarios", "--json")).stdout) as { name: string; lengthMs: number }[];
  expect(listed.map(({ name }) => name)).toContain("smoke");
  expect(listed.every(({ lengthMs }) => lengthMs > 10_000)).toBe(true);
});

test("runCli: incidents, for a person and for a program", async () => {
  const { stdout } = await blastlab("incidents");
  const names = stdout.split("\n").map((line) => line.split(" ")[0]);
  expect(names.slice(0, loadIncidents().length)).toEqual(loadIncidents().map(({ id }) => id));
  expect(JSON.parse((await blastlab("incidents", "--json")).stdout)).toEqual(loadIncidents());
  const shown = await blastlab("incidents", "show", "openai-2025-06-10-gpu-network", "--json");
  expect(JSON.parse(shown.stdout)).toMatchObject({ id: "openai-2025-06-10-gpu-network" });
});

test.each(loadIncidents().map((incident) => [incident.id, incident] as const))("incidentPage: %s has its facts, a line a phase, its sources", (_id, incident) => {
  const lines = incidentPage(incident, paintFor({}));
  const text = lines.join("\n");
  for (const source of incident.sources) expect(text).toContain(source);
  expect(lines.filter((line) => /^ {2}\d+\. \+/.test(line))).toHaveLength(incident.phases.length);
  expect(text).not.toMatch(/undefined|NaN/);
});

test("runCli: doctor shows what a run would use when nothing is found, and what is wrong with a named tool", async () => {
  const empty = mkdtempSync(path.join(tmpdir(), "blastlab-cli-"));
  vi.stubEnv("PATH", empty);
  vi.stubEnv("BLASTLAB_TOOLS_DIR", empty);
  vi.stubEnv("BLASTLAB_K6_BIN", "");
  vi.stubEnv("BLASTLAB_TOXIPROXY_BIN", path.join(empty, "nowhere"));
  const ended = await blastlab("doctor", "--json");
  rmSync(empty, { recursive: true });
  expectCode(ended, 1);
  const findings = JSON.parse(ended.stdout) as { name: string; state: string; detail: string; advice: string }[];
  expect(findings.map(({ name }) => name)).toEqual(["node", "cores", "load", "memory", "disk", "ports", "k6", "toxiproxy", "go", "folders"]);
  const finding = (name: string) => findings.find((candidate) => candidate.name === name);
  expect(finding("k6")).toMatchObject({ state: "default", advice: expect.stringContaining("tools install k6") as unknown });
  expect(finding("toxiproxy")).toMatchObject({ state: "problem", advice: expect.stringContaining("BLASTLAB_TOXIPROXY_BIN") as unknown });
  expect(finding("go")).toMatchObject({ state: "default" });
});

test("runCli: tools install offline fails for both in turn, with what runs use instead", async () => {
  const empty = mkdtempSync(path.join(tmpdir(), "blastlab-cli-"));
  for (const name of ["PATH", "BLASTLAB_TOOLS_DIR"]) vi.stubEnv(name, empty);
  for (const name of ["BLASTLAB_K6_BIN", "BLASTLAB_TOXIPROXY_BIN"]) vi.stubEnv(name, "");
  vi.stubEnv("BLASTLAB_OFFLINE", "1");
  const ended = await blastlab("tools", "install");
  rmSync(empty, { recursive: true });
  expectCode(ended, 3);
  const { stderr } = ended;
  expect(stderr).toContain("error: k6 2.3.0 cannot be installed");
  expect(stderr).toContain("error: toxiproxy-server 2.12.0 cannot be installed");
  expect(stderr).toContain("the embedded network proxy");
});

test("troubleOf: the exit code of each kind of end", () => {
  const labError = (exit: "failed" | "refused") => new LabError({ exit, code: "c", message: "m", hint: "h" });
  const interrupted = Object.assign(new Error("x"), { name: "Interrupted" });
  expect([labError("failed"), labError("refused"), interrupted, new TypeError("x"), "text"].map((error) => troubleOf(error)?.exitCode)).toEqual([3, 4, 130, 3, 3]);
  expect(troubleOf(new CommanderError(0, "commander.helpDisplayed", ""))).toBeNull();
  expect(troubleOf(new TypeError("x is not a function"))).toMatchObject({ code: "internal", message: "internal: x is not a function", hint: expect.stringContaining("BLASTLAB_DEBUG=1") as unknown });
});

test("blastlab.mjs: ends with the command's exit code", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, "run", "nothing-like-it"], { encoding: "utf8" });
  expect({ status, stdout }).toMatchObject({ status: 4 });
  expect(stderr).toMatch(/^error: .+\nhint: .+\n$/);
});

test("blastlab.mjs: a pipe that is slow to read gets all of the output", () => {
  const shell = `"${process.execPath}" "${entry}" incidents --json | (sleep 0.3; cat)`;
  expect(JSON.parse(execFileSync("sh", ["-c", shell], { encoding: "utf8", maxBuffer: 1 << 26 }))).toHaveLength(loadIncidents().length);
});

test.runIf(existsSync("/dev/full"))("main: a full disk behind standard output is an error of its own, because what is there is cut short", async () => {
  const child = spawn("sh", ["-c", `"${process.execPath}" "${entry}" incidents --json > /dev/full`], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("Cannot write to standard output: ENOSPC") as unknown });
});

test("blastlab.mjs: a reader that goes away is no trouble", () => {
  const shell = `"${process.execPath}" "${entry}" incidents | head -n 1; "${process.execPath}" "${entry}" incidents --json | true`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", shell], { encoding: "utf8" });
  expect({ status, lines: stdout.split("\n").length, stderr }).toEqual({ status: 0, lines: 2, stderr: "" });
});

const olderNode = (process.env["PATH"] ?? "")
  .split(path.delimiter)
  .map((directory) => path.join(directory, "node"))
  .filter((file) => !file.includes("node_modules") && existsSync(file))
  .find((file) => /^v(1[89]|2[0-3])\./.test(execFileSync(file, ["--version"], { encoding: "utf8" })));

test.each([process.execPath, ...(olderNode === undefined ? [] : [olderNode])])("blastlab.mjs: a clone without npm ci is refused in one sentence, under %s", (node) => {
  const clone = mkdtempSync(path.join(tmpdir(), "blastlab-clone-"));
  onTestFinished(() => rmSync(clone, { recursive: true, force: true }));
  const root = path.resolve(import.meta.dirname, "../..");
  for (const file of ["lab/cli", "package.json"]) cpSync(path.join(root, file), path.join(clone, file), { recursive: true });
  const { status, stdout, stderr } = spawnSync(node, [path.join(clone, "lab/cli/blastlab.mjs"), "run", "smoke"], { encoding: "utf8", cwd: clone });
  expect({ status, stdout, stderr }).toEqual({
    status: 4,
    stdout: "",
    stderr: expect.stringMatching(/^error: Blastlab's packages are not installed: \S+, \S+, \S+ and \d+ more of \S+\nhint: Run npm ci in that folder\n$/) as unknown,
  });
});

test.skipIf(olderNode === undefined)("blastlab.mjs: under an older Node, a lab that is killed is reported, with exit code 3", async () => {
  const child = spawn(olderNode!, [entry, "record", "--upstream", "http://127.0.0.1:1", "--listen", "0", "--out", path.join(tmpdir(), `blastlab-never-${process.pid}.json`)], { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  await once(child.stdout, "data");
  const own = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
  process.kill(Number(own), "SIGKILL");
  const [code] = (await once(child, "close")) as [number];
  expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringMatching(/^error: The lab was ended by SIGKILL: .*out of memory\nhint: /m) as unknown });
});

test.skipIf(olderNode === undefined)(`blastlab.mjs: an older Node (${olderNode ?? "none found here"}) hands over to the package's own, arguments and exit code too`, () => {
  const { status, stdout } = spawnSync(olderNode!, [entry, "verdict", "/nowhere", "--json"], { encoding: "utf8" });
  expect(status).toBe(4);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "run_unreadable" } });
});

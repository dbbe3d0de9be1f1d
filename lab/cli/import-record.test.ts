import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { resolveRun } from "../plan/resolve-run.ts";
import { runCli } from "./program.ts";
import { expectCode } from "../../test/support/exit-code.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-cli-"))));
afterEach(() => rmSync(folder, { recursive: true }));

async function blastlab(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCli(args, { stdout: stdout as unknown as NodeJS.WriteStream, stderr: stderr as unknown as NodeJS.WriteStream });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

test.each([["incidents", "import"], ["record"]])("runCli: help of %s %s has a usage line, and examples", async (...command) => {
  const { code, stdout, stderr } = await blastlab(...command, "--help");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(["Usage: blastlab", ...command].join(" "));
  expect(stdout).toContain("npx blastlab");
});

test.each([
  [["record"], "required option '--upstream <url>' not specified"],
  [["record", "--upstream", "http://127.0.0.1:1", "--out", "x.json", "--for", "10"], "length of time such as 90s"],
  [["record", "--upstream", "nonsense", "--out", "x.json"], "not an http or https URL"],
  [["incidents", "import"], "missing required argument 'file'"],
  [["incidents", "import", "x.csv", "--format", "xml"], "Allowed choices are auto, google-cloud, upptime, incident-io, statuspage, feed, csv"],
  [["incidents", "import", "/nowhere/x.csv"], "Cannot read"],
])("runCli: %j is refused with one error and one hint", async (args, message) => {
  const ended = await blastlab(...args);
  expectCode(ended, 4);
  const { stderr } = ended;
  expect(stderr).toMatch(/^error: [^]+\nhint: .+\n$/);
  expect(stderr).toContain(message);
});

test("runCli: incidents import reports what it took, what it left out and what is a guess, for a person and for a program", async () => {
  const file = path.join(folder, "history.csv");
  const out = path.join(folder, "out");
  writeFileSync(file, "provider,start_utc,end_utc,impact,components,time_basis\nopenai,2025-06-10T06:36:00Z,2025-06-10T22:00:00Z,major,API,\ngroq,2025-06-10T06:36:00Z,,major,API,opened_at/unknown\n");
  const ended = await blastlab("incidents", "import", file, "--out", out);
  expectCode(ended, 0);
  const { stdout } = ended;
  expect(stdout).toContain(`Imported 1 outage from ${file} into ${out}`);
  expect(stdout).toMatch(/^ +1 {2}openai$/m);
  expect(stdout).toContain("Left out 1: its end is unknown (opened_at/unknown)");
  expect(stdout).toMatch(/^ {2}line 3$/m);
  expect(stdout).toContain("major 30 %");
  expect(stdout).toContain(`--set faults.0.incident=${path.join(out, "openai-2025-06-10-0636.json")}`);
  const json = await blastlab("incidents", "import", file, "--out", path.join(folder, "all.json"), "--json");
  expect(JSON.parse(json.stdout)).toEqual({ out: path.join(folder, "all.json"), imported: 1, byProvider: { openai: 1 }, joined: 0, offApi: 0, leftOut: { "its end is unknown (opened_at/unknown)": 1 }, leftOutRows: [{ line: 3, reason: "its end is unknown (opened_at/unknown)", name: null }], firstId: "openai-2025-06-10-0636" });
});

test("runCli: what incidents import wrote is shown, verified and played by the commands that it prints", async () => {
  const file = path.join(folder, "history.csv");
  writeFileSync(file, "incident_id,provider,start_utc,end_utc,impact,components\na,openai,2025-06-10T06:36:00Z,2025-06-10T06:50:00Z,major,API\nb,openai,2025-06-11T06:36:00Z,2025-06-11T06:50:00Z,minor,API\n");
  for (const out of [path.join(folder, "history"), path.join(folder, "history.json")]) {
    const { stdout } = await blastlab("incidents", "import", file, "--out", out);
    const printed = stdout.split("\n").flatMap((line) => (line.startsWith("  npx blastlab ") ? [line.trim().split(" ").slice(2)] : []));
    expect(printed.map(([command, verb]) => `${command} ${verb}`)).toEqual(["incidents show", "incidents verify", "run flagship"]);
    expect(await blastlab(...printed[0]!)).toMatchObject({ code: 0, stdout: expect.stringMatching(/openai-2025-06-10-a[^]+openai-2025-06-11-b[^]+2 outages/) as unknown });
    expect(await blastlab(...printed[1]!)).toMatchObject({ code: 0, stdout: expect.stringContaining("2 incidents") as unknown });
    const { plan } = resolveRun({ scenario: "flagship", sets: [printed[2]!.at(-1)!] });
    expect(plan.faults[0]).toMatchObject({ kind: "incident", title: expect.stringContaining("2025-06-10") as unknown });
    expect(await blastlab("incidents", "show", `${out}#openai-2025-06-10-a`)).toMatchObject({ code: 0, stdout: expect.stringMatching(/2025-06-10 06:36 \(page time\)/) as unknown });
  }
});

test("runCli: what did not hit the API is counted on import, shown so, and played only where the scenario names its surface", async () => {
  const file = path.join(folder, "history.csv");
  writeFileSync(file, "incident_id,provider,start_utc,end_utc,impact,components,title\na,openai,2025-06-10T06:36:00Z,2025-06-10T06:50:00Z,major,,Delays in customer support responses\n");
  const out = path.join(folder, "history.json");
  const { stdout } = await blastlab("incidents", "import", file, "--out", out);
  expect(stdout).toContain("1 of them did not hit the API");
  expect(stdout).not.toContain("faults.0.incident");
  expect((await blastlab("incidents", "show", out)).stdout).toMatch(/surface +not the API: a scenario plays it with surface: product/);
  const set = `faults.0.incident=${out}`;
  expect(() => resolveRun({ scenario: "flagship", sets: [set] })).toThrow(expect.objectContaining({ code: "incident_off_surface", hint: expect.stringContaining("surface: product") as unknown }));
  const { plan } = resolveRun({ scenario: "flagship", sets: [set, "faults.0.surface=product"] });
  expect(plan.faults[0]!.title).toMatch(/^Outage of openai on 2025-06-10, which hit product and not the API, played on /);
});

test("runCli: a name that is neither an incident nor a path is refused", async () => {
  expect(await blastlab("incidents", "show", "openai-2025-06-10-gpu-netwrk")).toMatchObject({ code: 4, stderr: expect.stringContaining("openai-2025-06-10-gpu-network") as unknown });
  expect(await blastlab("incidents", "show", path.join(folder, "none.json"))).toMatchObject({ code: 4, stderr: expect.stringContaining("no such file") as unknown });
});

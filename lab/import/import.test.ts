import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LabError } from "../../kernel/errors.ts";
import { incidentSchema, type Incident } from "../../scenarios/incident.ts";
import { loadIncidents } from "../plan/incidents.ts";
import { importHistory, type ImportFormat, type ImportResult } from "./import.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-import-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const header = "provider,start_utc,end_utc,impact,components";
const good = "openai,2025-06-10T06:36:00Z,2025-06-10T22:00:00Z,major,API;ChatGPT";

function importing(name: string, text: string, options: { format?: ImportFormat; out?: string; provider?: string } = {}): Promise<ImportResult> {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return importHistory({ file, format: options.format ?? "auto", out: path.join(folder, options.out ?? "out"), provider: options.provider ?? null });
}

const imported = () => loadIncidents(path.join(folder, "out"));

/** The lines of the error, without the folder's name. */
async function refusal(result: Promise<unknown>): Promise<{ code: string; lines: readonly string[] }> {
  const error: unknown = await result.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LabError);
  const { code, message, exitCode } = error as LabError;
  expect(exitCode).toBe(4);
  return { code, lines: message.replaceAll(`${folder}/`, "").split("\n").map((line) => line.trim()) };
}

test("importHistory: a row of a CSV is an incident of the catalogue's schema, whose levels are marked as estimates", async () => {
  const result = await importing("history.csv", `${header}\n${good}\n`);
  expect(result).toMatchObject({ imported: 1, byProvider: { openai: 1 }, leftOut: {} });
  const [incident] = imported();
  expect(incident).toMatchObject({ id: "openai-2025-06-10-0636", start: "2025-06-10T06:36:00Z", end: "2025-06-10T22:00:00Z", durationMin: 924, scope: "API, ChatGPT", severity: "major" });
  expect(incident!.sources).toEqual(["file:history.csv (line 2)"]);
  expect(incident!.phases).toMatchObject([{ offsetMin: 0, lengthMin: 924, errorRate: 0.3, latencyFactor: 2, basis: { window: "reported", errorRate: "estimated", statusMix: "estimated", latencyFactor: "estimated" } }]);
});

test("importHistory: the target is the provider, where the lab knows it, and what its components' names suggest", async () => {
  await importing("history.csv", `${header}\n${good}\ncursor,2025-07-01T00:00:00Z,2025-07-01T01:00:00Z,minor,Cursor\n${good.replace("API;ChatGPT", "").replace("06:36", "06:37")}\n`);
  const targets = Object.fromEntries(imported().map(({ id, target }) => [id, [target?.providers, target?.surfaces]]));
  expect(targets).toEqual({ "openai-2025-06-10-0636": [["openai"], ["api", "web"]], "openai-2025-06-10-0637": [["openai"], ["api"]], "cursor-2025-07-01-0000": [[], ["product"]] });
});

test("importHistory: three bad rows are all reported by line, column and what was expected, and nothing is imported", async () => {
  const rows = [header, good, "openai,yesterday,2025-06-11T00:00:00Z,major,API", good.replace("06:36", "06:37"), "openai,2025-06-12T00:00:00Z,2025-06-12T01:00:00Z,catastrophic,API", "", "openai,2025-06-13T02:00:00Z,2025-06-13T01:00:00Z,minor,API"];
  const { code, lines } = await refusal(importing("history.csv", rows.join("\n")));
  expect(code).toBe("import_invalid");
  expect(lines).toEqual([
    'Cannot import "history.csv": 3 problems, and nothing was imported',
    'history.csv:3 start_utc: found "yesterday", expected a time such as 2025-06-10T06:36:00Z',
    expect.stringMatching(/^history\.csv:5 impact: found "catastrophic", expected none, minor, major/),
    'history.csv:7 end_utc: found "2025-06-13T01:00:00Z", expected a time after 2025-06-13T02:00:00Z',
  ]);
  expect(readdirSync(folder)).toEqual(["history.csv"]);
});

test.each([
  ["no provider", `${header}\n,2025-01-01T00:00:00Z,2025-01-01T01:00:00Z,minor,API`, "2 provider: found nothing"],
  ["no end", `${header}\nopenai,2025-01-01T00:00:00Z,,minor,API`, "2 end_utc: found nothing"],
  ["a day that no month has", `${header}\nopenai,2025-02-29T00:00:00Z,2025-03-01T01:00:00Z,minor,API`, '2 start_utc: found "2025-02-29T00:00:00Z"'],
  ["an end before its start by milliseconds", `${header}\nopenai,2025-01-01T00:00:00.700Z,2025-01-01T00:00:00.300Z,minor,API`, '2 end_utc: found "2025-01-01T00:00:00.300Z", expected a time after 2025-01-01T00:00:00.700Z'],
  ["a field too few", `${header}\nopenai,2025-01-01T00:00:00Z,2025-01-01T01:00:00Z`, "2 (row): found 3 fields, expected 5"],
  ["a field too many", `${header}\n${good},more`, "2 (row): found 6 fields, expected 5"],
  ["a missing column", "provider,start_utc,impact\nopenai,2025-01-01T00:00:00Z,minor", "1 end_utc: found no such column"],
  ["a quote in the middle of a field", `${header}\n${good}\nopenai,"2025"x,2025-01-01T01:00:00Z,minor,API\n${good}`, "3 "],
  ["a quote that is never closed", `${header}\n${good}\nopenai,2025-01-01T00:00:00Z,2025-01-01T01:00:00Z,minor,"API\n${good}\n${good}`, "3 (row): found a quote that is never closed"],
  ["a row over two lines before it", `${header}\n${good.replace("ChatGPT", "Chat\nGPT").replace(/[^,]*$/, '"$&"')}\nopenai,never,2025-01-01T01:00:00Z,minor,API`, "4 start_utc"],
  ["an id that comes twice", `incident_id,${header}\nx1,${good}\nx1,${good}`, '3 id: found "x1", expected an id that line 2 does not have'],
  ["a source that is no URL", `url,${header}\njavascript:x,${good}`, "2 url: found"],
])("importHistory: %s is reported with its place", async (_what, text, expected) => {
  const { code, lines } = await refusal(importing("history.csv", text));
  expect(code).toBe("import_invalid");
  expect(lines[1]).toContain(`history.csv:${expected}`);
  expect(existsSync(path.join(folder, "out"))).toBe(false);
});

test("importHistory: a line that never ends is refused", async () => {
  expect(await refusal(importing("history.csv", `${header}\n${good}\n${" ".repeat(5 << 20)}`))).toMatchObject({ code: "import_unreadable", lines: [expect.stringContaining("line 3 is longer than 1 MiB")] });
});

test("importHistory: a row over lines without end is reported once, and the file is not read on", async () => {
  const { code, lines } = await refusal(importing("history.csv", `${header}\n${good}\n"${"over lines\n".repeat(500_000)}`));
  expect(code).toBe("import_invalid");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain("history.csv:3 (row): found a quote that is never closed");
});

test("importHistory: only the first hundred of many problems are listed, and the others are counted", async () => {
  const { lines } = await refusal(importing("history.csv", `${header}\n${"openai,never,2025-01-01T01:00:00Z,minor,API\n".repeat(250)}`));
  expect(lines).toHaveLength(102);
  expect(lines.at(-1)).toBe("and 150 more");
});

test("importHistory: a row whose end the file itself calls unknown is left out and counted", async () => {
  const rows = ["incident_id,provider,start_utc,end_utc,impact,components,time_basis", `a,${good},first_post/resolved_post`, "b,openai,2025-07-01T00:00:00Z,,minor,API,opened_at/unknown"];
  expect(await importing("history.csv", rows.join("\r\n"))).toMatchObject({ imported: 1, leftOut: { "its end is unknown (opened_at/unknown)": 1 } });
  expect(imported().map(({ id }) => id)).toEqual(["openai-2025-06-10-a"]);
});

const retroactive = "openai,2025-07-01T00:00:00Z,2025-07-01T00:00:00.400Z,minor,API";

test("importHistory: a retroactive row, whose end is its start, is left out, counted and listed, and nothing else with it", async () => {
  const reason = "it ends when it starts, so its length is not known";
  const result = await importing("history.csv", [`incident_id,${header}`, `a,${good}`, `b,${retroactive}`, `c,${good}`].join("\n"));
  expect(result).toMatchObject({ imported: 2, leftOut: { [reason]: 1 }, leftOutRows: [{ line: 3, reason, name: "b" }] });
});

test.each(["none", "operational", "maintenance"])("importHistory: a row with the impact %s changes nothing, and is left out and counted", async (word) => {
  const reason = "its impact is none, so it would change nothing";
  expect(await importing("history.csv", [header, good, good.replace("major", word)].join("\n"))).toMatchObject({ imported: 1, leftOut: { [reason]: 1 }, leftOutRows: [{ line: 3 }] });
});

test("importHistory: with strict, a row that would be left out is a problem like any other", async () => {
  const file = path.join(folder, "history.csv");
  writeFileSync(file, [header, good, retroactive].join("\n"));
  const { code, lines } = await refusal(importHistory({ file, format: "auto", out: path.join(folder, "out"), provider: null, strict: true }));
  expect(code).toBe("import_invalid");
  expect(lines.slice(1)).toEqual(["history.csv:3 (row): found it ends when it starts, so its length is not known, expected a row that can be played, since --strict was given"]);
});

test("importHistory: columns in any order, quotes, a byte order mark, times with a zone or none, and no impact", async () => {
  const text = '\uFEFFImpact,End_UTC,Start_UTC,Provider,Components,extra\n,2025-01-01 02:00:00,2025-01-01T02:00:00+01:30,"open router","a ""b"" c, d; e",1\n';
  expect(await importing("history.csv", text)).toMatchObject({ imported: 1 });
  expect(imported()[0]).toMatchObject({ id: "open-router-2025-01-01-0030", provider: "open router", start: "2025-01-01T00:30:00Z", durationMin: 90, scope: 'a "b" c, d, e', severity: "not published" });
});

test("importHistory: rows without ids that start in the same minute stay apart", async () => {
  await importing("history.csv", `${header}\n${good}\n${good}\n`);
  expect(imported().map(({ id }) => id)).toEqual(["openai-2025-06-10-0636", "openai-2025-06-10-0636-2"]);
});

const components = ["claude.ai", "Claude API", "Claude Code", "Claude Console", "Claude Cowork", "Login"];
const rowsOf = (row: (component: string, index: number) => string) => components.map(row).join("\n");

test.each([
  ["its address", `incident_id,url,${header}`, rowsOf((component, index) => `x1-c${index},https://status.example.com/incidents/x1,anthropic,2026-06-19T08:17:00Z,2026-06-19T08:45:00Z,minor,${component}`), "anthropic-2026-06-19-x1"],
  ["its id", `incident_id,${header}`, rowsOf((component) => `x1,anthropic,2026-06-19T08:17:00Z,2026-06-19T08:45:00Z,minor,${component}`), "anthropic-2026-06-19-x1"],
  ["its title and times", `title,${header}`, rowsOf((component) => `Errors,anthropic,2026-06-19T08:17:00Z,2026-06-19T08:45:00Z,minor,${component}`), "anthropic-2026-06-19-0817"],
])("importHistory: six rows of components that share %s are one incident", async (_what, head, rows, id) => {
  expect(await importing("history.csv", `${head}\n${rows}\n`)).toMatchObject({ imported: 1, joined: 5 });
  expect(imported()).toMatchObject([{ id, scope: components.join(", "), durationMin: 28, target: { surfaces: ["web", "api", "product", "console", "login"] } }]);
});

test("importHistory: components that failed at different times, and not alike, are the phases of one incident", async () => {
  const rows = ["x1,anthropic,2026-06-19T08:00:00Z,2026-06-19T08:40:00Z,minor,claude.ai", "x1,anthropic,2026-06-19T08:20:00Z,2026-06-19T09:00:00Z,critical,Claude API"];
  await importing("history.csv", [`incident_id,${header}`, ...rows].join("\n"));
  const [incident] = imported();
  expect(incident!.severity).toBe("critical");
  expect(incident!.phases.map(({ offsetMin, lengthMin, errorRate }) => [offsetMin, lengthMin, errorRate])).toEqual([[0, 20, 0.1], [20, 40, 0.5]]);
});

test("importHistory: rows of one page's own address, and of one component, stay apart", async () => {
  const row = (start: string, component: string) => `https://status.example.com/,anthropic,2026-06-19T08:${start}:00Z,2026-06-19T09:00:00Z,minor,${component}`;
  expect(await importing("history.csv", [`url,${header}`, row("00", "API"), row("10", "Login"), row("10", "Login")].join("\n"))).toMatchObject({ imported: 3, joined: 0 });
});

test("importHistory: a name that ends in .json gets a list of all", async () => {
  await importing("history.csv", `${header}\n${good}\n${good}\n`, { out: "all.json" });
  const list = JSON.parse(readFileSync(path.join(folder, "all.json"), "utf8")) as Incident[];
  expect(list.map((incident) => incidentSchema.parse(incident).durationMin)).toEqual([924, 924]);
});

test("importHistory: what is there already is left alone", async () => {
  await importing("history.csv", `${header}\n${good}\n`);
  await importing("history.csv", `${header}\n${good}\n`, { out: "all.json" });
  for (const out of ["out", "all.json"]) expect(await refusal(importing("history.csv", `${header}\n${good}\n`, { out }))).toMatchObject({ code: "out_not_empty" });
  expect(imported()).toHaveLength(1);
});

test("importHistory: files that are missing, empty, or no history", async () => {
  expect(await refusal(importHistory({ file: path.join(folder, "none.csv"), format: "csv", out: path.join(folder, "out"), provider: null }))).toMatchObject({ code: "import_unreadable" });
  expect(await refusal(importing("a.csv", ""))).toMatchObject({ code: "import_empty" });
  expect(await refusal(importing("b.csv", `${header}\n`))).toMatchObject({ code: "import_empty" });
  expect(await refusal(importing("c.json", "{}"))).toMatchObject({ code: "import_invalid" });
  expect(readdirSync(folder)).toEqual(["a.csv", "b.csv", "c.json"]);
});

test("importHistory: an interrupt ends it in a file that yields no row", async () => {
  const file = path.join(folder, "endless.json");
  writeFileSync(file, `{"x":"${"a".repeat(8 << 20)}`);
  const interrupt = new AbortController();
  const importing = importHistory({ file, format: "statuspage", out: path.join(folder, "out"), provider: null, signal: interrupt.signal });
  setImmediate(() => interrupt.abort());
  await expect(importing).rejects.toMatchObject({ name: "Interrupted" });
  expect(readdirSync(folder)).toEqual(["endless.json"]);
});

test("importHistory: an interrupt ends it, and leaves, and leaves nothing behind", async () => {
  const file = path.join(folder, "history.csv");
  writeFileSync(file, `${header}\n${good}\n`);
  await expect(importHistory({ file, format: "auto", out: path.join(folder, "out"), provider: null, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "Interrupted" });
  expect(readdirSync(folder)).toEqual(["history.csv"]);
});

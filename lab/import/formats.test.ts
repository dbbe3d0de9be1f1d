import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Incident } from "../../scenarios/incident.ts";
import { incidentsIn } from "../plan/incident-files.ts";
import { importHistory, type ImportResult } from "./import.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-formats-"))));
afterEach(() => rmSync(folder, { recursive: true }));

async function importing(name: string, content: unknown, provider: string | null = null): Promise<{ result: ImportResult; incidents: readonly Incident[] }> {
  const file = path.join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  const out = path.join(folder, `${name}.out.json`);
  const result = await importHistory({ file, format: "auto", out, provider });
  return { result, incidents: result.imported === 0 ? [] : [...incidentsIn(out)] };
}

/** The fields of `status.cloud.google.com/incidents.json`. */
const googleCloud = {
  id: "J5ia5t9p3g9Q5Wi7r8Ev",
  number: "847028556969787721",
  begin: "2026-09-01T14:44:00+00:00",
  created: "2026-09-01T16:03:12+00:00",
  end: "2026-09-01T18:52:00+00:00",
  modified: "2026-09-10T21:20:16+00:00",
  external_desc: "Multiple products in us-central1-b are experiencing network service degradation.",
  updates: [],
  most_recent_update: { text: "Incident Report", status: "AVAILABLE" },
  status_impact: "SERVICE_DISRUPTION",
  severity: "medium",
  affected_products: [{ title: "Google Compute Engine", id: "a" }, { title: "Vertex Gemini API", id: "b" }],
  currently_affected_locations: [],
  previously_affected_locations: [{ title: "Iowa (us-central1)", id: "us-central1" }],
};

test("readGoogleCloud: an incident with its products and regions; one that goes on is left out, and one of information changes nothing", async () => {
  const list = [googleCloud, { ...googleCloud, id: "open", end: null }, { ...googleCloud, id: "told", status_impact: "SERVICE_INFORMATION" }, { ...googleCloud, id: "everywhere", previously_affected_locations: [{ title: "Global", id: "global" }] }];
  const { result, incidents } = await importing("incidents.json", list);
  expect(result).toMatchObject({ imported: 2, byProvider: { "google-cloud": 2 }, leftOutRows: [{ name: "open" }, { name: "told" }] });
  expect(incidents[0]).toMatchObject({
    id: "google-cloud-2026-09-01-j5ia5t9p3g9q5wi7r8ev",
    start: "2026-09-01T14:44:00Z",
    end: "2026-09-01T18:52:00Z",
    times: { start: { is: "impact" }, end: { is: "impact" } },
    target: { providers: ["google-vertex"], surfaces: ["product", "api"], regions: ["us-central1"] },
    phases: [{ errorRate: 0.3 }],
    sources: ["https://status.cloud.google.com/incidents/J5ia5t9p3g9Q5Wi7r8Ev"],
  });
  expect(incidents[1]!.target).not.toHaveProperty("regions");
});

const day = (text: string) => `<var data-var='date'>${text}</var>`;
const clock = (text: string) => `<var data-var='time'>${text}</var>`;

test("readHistoryMonth: the months of Statuspage's history.json, over the ends of days, months and years", async () => {
  const listed = (code: string, timestamp: string, more: object = {}) => ({ code, name: "Elevated errors", message: "It is over.", impact: "major", timestamp, ...more });
  const months = [
    { name: "December", year: 2025, starts_on: 1, days: 31, incidents: [
      listed("a1", `Dec ${day("11")}, ${clock("14:19")} - ${clock("14:37")} UTC`),
      listed("b2", `Dec ${day("31")}, ${clock("23:10")} - Jan ${day(" 1")}, ${clock("01:20")} PST`.replace("> 1", ">1")),
      listed("c3", `Dec ${day("3")}, ${clock("12:00")} UTC`),
      listed("d4", `Dec ${day("4")}, ${clock("12:00")} - ${clock("13:00")} UTC`, { message: "<p>Requests failed from 11:42 to 12:31 UTC.</p>" }),
    ] },
  ];
  const { result, incidents } = await importing("history.json", { components: [], months, page: { name: "Claude", url: "https://status.example.com" } });
  expect(result).toMatchObject({ imported: 3, leftOutRows: [{ name: "c3", reason: "it ends when it starts, so its length is not known" }] });
  expect(incidents.map(({ id, start, end, times, sources }) => [id, start, end, times!.start.is, sources[0]])).toEqual([
    ["anthropic-2025-12-11-a1", "2025-12-11T14:19:00Z", "2025-12-11T14:37:00Z", "page", "https://status.example.com/incidents/a1"],
    ["anthropic-2026-01-01-b2", "2026-01-01T07:10:00Z", "2026-01-01T09:20:00Z", "page", "https://status.example.com/incidents/b2"],
    ["anthropic-2025-12-04-d4", "2025-12-04T11:42:00Z", "2025-12-04T12:31:00Z", "impact", "https://status.example.com/incidents/d4"],
  ]);
  await expect(importing("bad.json", { months: [{ year: 2025, incidents: [listed("e5", "some day")] }], page: { name: "Claude" } })).rejects.toMatchObject({ message: expect.stringContaining('e5 timestamp: found "some day"') as unknown });
});

test("readUpptime: the issues that its monitor opened and closed", async () => {
  const issue = (number: number, title: string, closed: string | null = "2026-09-01T11:10:00Z") => ({ number, title, html_url: `https://example.com/o/r/issues/${number}`, created_at: "2026-09-01T10:00:00Z", closed_at: closed, state: closed === null ? "open" : "closed", labels: [{ name: "status" }] });
  const { result, incidents } = await importing("issues.json", [issue(1, "🛑 Chat API is down"), issue(2, "⚠️ Chat API has degraded performance"), issue(3, "Update the theme"), issue(4, "🛑 Chat API is down", null)], "groq");
  expect(result).toMatchObject({ imported: 2, leftOutRows: [{ name: "3" }, { name: "4", reason: "it has not ended" }] });
  expect(incidents).toMatchObject([{ scope: "Chat API", durationMin: 70, severity: "major_outage", phases: [{ errorRate: 0.5 }] }, { severity: "degraded_performance", phases: [{ errorRate: 0.1 }] }]);
});

const updates = ["<p><small>Sep 11, 14:37 UTC</small><br /><strong>Resolved</strong> - It is over. Impact occurred from 13:57 to 14:20 UTC</p>", "<p><small>Sep 11, 14:19 UTC</small><br /><strong>Investigating</strong> - We look.</p>"];

test("readFeed: an Atom feed's entries, with the updates of each", async () => {
  const entry = (id: string, html: string) => `<entry><id>tag:x,2005:${id}</id><published>2026-09-11T14:19:51Z</published><link rel="alternate" type="text/html" href="https://status.example.com/incidents/${id}"/><title>Elevated errors on the API</title><content type="html">${html.replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</content></entry>`;
  const feed = `<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>Claude Status - Incident History</title>\n${entry("t33d", updates.join(""))}\n${entry("open", updates[1]!)}</feed>`;
  const { result, incidents } = await importing("history.atom", feed);
  expect(result).toMatchObject({ imported: 1, byProvider: { anthropic: 1 }, leftOutRows: [{ line: 4, name: "open", reason: "it has not ended" }] });
  expect(incidents[0]).toMatchObject({ id: "anthropic-2026-09-11-t33d", start: "2026-09-11T13:57:00Z", end: "2026-09-11T14:20:00Z", times: { start: { is: "impact" } }, severity: "not published", target: { surfaces: ["api"] } });
});

test("readFeed: an RSS feed, with page times where no window is stated", async () => {
  const item = `<item><title><![CDATA[Elevated errors]]></title><description><![CDATA[${updates.join("").replace(" Impact occurred from 13:57 to 14:20 UTC", "")}]]></description><pubDate>Fri, 11 Sep 2026 14:19:51 +0000</pubDate><link>https://status.example.com/incidents/r1</link></item>`;
  const { incidents } = await importing("history.rss", `<rss version="2.0"><channel><title>OpenAI status</title>${item}</channel></rss>`);
  expect(incidents[0]).toMatchObject({ id: "openai-2026-09-11-r1", start: "2026-09-11T14:19:00Z", end: "2026-09-11T14:37:00Z", times: { start: { is: "page" }, end: { is: "page" } } });
});

test("importHistory: a page that comes after its incidents names their provider", async () => {
  const incident = { id: "x", name: "Errors", status: "resolved", impact: "major", created_at: "2026-01-14T10:00:00Z", resolved_at: "2026-01-14T12:00:00Z" };
  expect((await importing("incidents.json", { incidents: [incident], page: { name: "Claude", url: "https://status.example.com" } })).incidents[0]).toMatchObject({ provider: "anthropic", sources: ["https://status.example.com/incidents/x"] });
});

test.each([
  ["rows.json", { incidents: [{ id: "1", component_name: "API", opened_at: "x" }, {}] }, "the object in line 1 has the fields id, component_name, opened_at"],
  ["page.html", "<!DOCTYPE html>\n<html></html>\n", "it is an HTML page"],
  ["notes.md", "# Outages of 2026\n\n- one\n", 'its first line is "# Outages of 2026"'],
])("importHistory: %s is of no format that is read, and gets one line that describes it", async (name, content, message) => {
  const error = await importing(name, content).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "import_format_unknown", exitCode: 4, message: expect.stringContaining(message) as unknown });
  expect((error as Error).message).not.toContain("\n");
});

test("importHistory: an outage in the future is a mistyped year", async () => {
  const csv = (year: number) => `provider,start_utc,end_utc,impact,components\nopenai,${year}-01-01T00:00:00Z,${year}-01-01T01:00:00Z,major,API\n`;
  await expect(importing("future.csv", csv(2099))).rejects.toMatchObject({ code: "import_invalid", message: expect.stringContaining("2099-01-01T00:00:00Z to 2099-01-01T01:00:00Z, expected an outage that is over") as unknown });
  expect((await importing("past.csv", csv(2025))).result.imported).toBe(1);
});

test("importHistory: a file in Latin-1 is refused, and not read with other characters", async () => {
  const file = path.join(folder, "latin.csv");
  writeFileSync(file, Buffer.from("provider,start_utc,end_utc,impact,components\nopenai,2025-01-01T00:00:00Z,2025-01-01T01:00:00Z,major,Caf\xe9\n", "latin1"));
  await expect(importHistory({ file, format: "auto", out: path.join(folder, "out"), provider: null })).rejects.toMatchObject({ code: "import_unreadable", message: expect.stringContaining("line 2 is not UTF-8 text") as unknown });
});

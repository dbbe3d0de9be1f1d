import { expect, test } from "vitest";
import { faultOf } from "../../../kernel/fault.fixture.ts";
import { examine } from "../../measure/judge.ts";
import { HandMadeRun, playedAt } from "../../measure/testing.ts";
import { viewOf } from "../view-of.ts";
import { runPage } from "./run-page.ts";

const run = new HandMadeRun();
run.every(250, 0, 100_001, (atMs) => (atMs >= 20_000 && atMs < 60_000 ? run.failed("red", atMs, { errorBody: "<img src=x onerror=alert(1)>", errorCode: '"><script>' }) : run.good("red", atMs)));
const faults = [faultOf({ id: "f1", title: "a <b>fault</b> & more" })];
const plan = run.plan({ faults, title: "<script>alert(1)</script>", expectations: [{ measure: "blastRadius", atMost: 0.1 }] });
const records = run.records({ faults: playedAt("f1") });
const { verdict, judged } = examine(plan, records, { arrivals: run.arrivals });
const page = runPage(viewOf({ plan, verdict, evidence: { records, judged } }));

test("runPage: what records, plan and errors hold is text, never markup", () => {
  expect(page).not.toMatch(/<img|<b>fault|<script>alert|"><script>/);
  expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
  expect(page).toContain("<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>");
});

test("runPage: loads nothing: every link leads into the page itself", () => {
  const addresses = [...page.matchAll(/\b(?:src|href|srcset|action|data|poster)\s*=\s*"([^"]*)"/g)].map(([, address]) => address!);
  expect(addresses.length).toBeGreaterThan(5);
  expect(addresses.filter((address) => !address.startsWith("#"))).toEqual([]);
  expect(page).not.toMatch(/@import|url\((?!#)/);
  expect(page).toContain("default-src &#39;none&#39;");
});

test("runPage: every link of the contents has its section, and no id stands twice", () => {
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  expect(new Set(ids).size).toBe(ids.length);
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id!);
  expect(links.filter((id) => !ids.includes(id))).toEqual([]);
});

test("runPage: every plot has a twin with a row for each of its steps", () => {
  const figures = [...page.matchAll(/<figure data-plot="(\w+)" data-steps="(\d+)">(.*?)<\/figure>/gs)];
  expect(figures.map(([, name]) => name)).toContain("timeline");
  for (const [, , steps, body] of figures) expect(body!.split("<tbody>")[1]!.match(/<tr>/g)).toHaveLength(Number(steps));
});

test("runPage: a run of which nothing could be measured says why first", () => {
  const empty = new HandMadeRun();
  const none = empty.plan({ arrivalCount: 3 });
  const text = runPage(viewOf({ plan: none, verdict: examine(none, empty.records()).verdict }));
  expect(text.indexOf("This run has no result")).toBeGreaterThan(0);
  expect(text.indexOf("3 requests were offered")).toBeLessThan(text.indexOf("<section"));
});

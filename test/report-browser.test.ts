import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { faultOf } from "../kernel/fault.fixture.ts";
import { neverSignal } from "../kernel/signal.ts";
import { playResolved } from "../lab/conductor/virtual/play.ts";
import { comparisonOf } from "../lab/compare/comparison.ts";
import { comparisonPage } from "../lab/compare/page.ts";
import { resultOf } from "../lab/compare/results.fixture.ts";
import { findingsOf } from "../lab/suite/findings.ts";
import { suitePage } from "../lab/suite/report/page.ts";
import { madePlayed } from "../lab/suite/results.fixture.ts";
import { nothingAccepted } from "../lab/suite/standing.ts";
import { suiteOf } from "../lab/suite/suite.ts";
import { examine } from "../observer/measure/judge.ts";
import { HandMadeRun, playedAt } from "../observer/measure/testing.ts";
import { diffPage } from "../observer/view/page/diff-page.ts";
import { runPage } from "../observer/view/page/run-page.ts";
import type { RunView } from "../observer/view/run-view.ts";
import { viewOf } from "../observer/view/view-of.ts";
import { chromiumPath, launchChromium } from "./support/chromium.ts";
import { twinIn } from "./support/page.ts";
import { planOf } from "./support/virtual.ts";

/** Pages in a real Chromium. Without one on the machine these tests are skipped. */
const executable = chromiumPath();
const inChromium = test.skipIf(executable === null);
const slow = { timeout: 300_000 };
const directory = mkdtempSync(path.join(tmpdir(), "blastlab-pages-"));
const files = { report: path.join(directory, "report.html"), diff: path.join(directory, "diff.html"), suite: path.join(directory, "suite.html"), comparison: path.join(directory, "comparison.html") };
let browser: Browser;

beforeAll(async () => {
  if (executable === null) return;
  const played = await playResolved(planOf("gateway-dead", {}, 1, "naive"), { onProgress: () => {}, signal: neverSignal });
  const { plan, verdict, records, arrivals, end } = played;
  const view = viewOf({ plan, verdict, evidence: { records, ...examine(plan, records, { arrivals, end }) } });
  writeFileSync(files.report, runPage(view));
  writeFileSync(files.diff, diffPage([view, handMade()]));
  writeFileSync(files.suite, madeSuite());
  writeFileSync(files.comparison, madeComparison());
  browser = await launchChromium(executable);
}, 300_000);

afterAll(async () => {
  if (executable !== null) await browser.close();
  rmSync(directory, { recursive: true });
});

function handMade(): RunView {
  const run = new HandMadeRun();
  run.every(250, 0, 100_000, (atMs) => (atMs >= 20_000 && atMs < 60_000 ? run.failed("red", atMs) : run.good("red", atMs)));
  const plan = run.plan({ faults: [faultOf({ id: "f1" })] });
  const records = run.records({ faults: playedAt("f1") });
  const { verdict, judged } = examine(plan, records, { arrivals: run.arrivals });
  return viewOf({ plan, verdict, evidence: { records, judged } });
}

function madeSuite(): string {
  const ends = [["gateway-dead", "held"], ["gateway-dead", "deviated"], ["region-loss", "held"], ["smoke", "failed"]] as const;
  const played = ends.map(([scenario, end], index) => madePlayed({ scenario, end, seed: index }));
  const { suite } = suiteOf(played.map(({ result }) => result.cell), played, { harness: "virtual" });
  const findings = findingsOf(suite.results, nothingAccepted, null);
  return suitePage({ suite, summary: "tested 3 of 4: 2 held, 1 deviated", findings, comparison: null, reports: new Map([[0, "runs/one/report.html"]]) });
}

function madeComparison(): string {
  const contestants = ["naive", "mine"].map((label) => ({ label, stack: label, sets: [] }));
  const results = [1, 2, 3].flatMap((seed) => [resultOf("naive", seed, { lost: 0.9 + seed / 1_000 }), resultOf("mine", seed)]);
  return comparisonPage(comparisonOf(contestants, results), { command: "blastlab compare storm", notExpressed: [] });
}

/** Opens a page from disk. Everything that it asks for and every error of its script is written down. */
async function opened(file: string, options: BrowserContextOptions = {}): Promise<{ readonly page: Page; readonly requests: string[]; readonly errors: string[] }> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const requests: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => void requests.push(request.url()));
  page.on("pageerror", (error) => void errors.push(error.message));
  await page.goto(`file://${file}`);
  return { page, requests, errors };
}

const views = Object.keys(files).flatMap((name) => [1440, 390].flatMap((width) => (["light", "dark"] as const).map((colorScheme) => ({ name: name as keyof typeof files, width, colorScheme }))));

inChromium.each(views)("pages: $name at $width px, $colorScheme: opens from disk without a request and never scrolls sideways", slow, async ({ name, width, colorScheme }) => {
  const { page, requests, errors } = await opened(files[name], { viewport: { width, height: 900 }, colorScheme });
  expect({ requests, errors }).toEqual({ requests: [`file://${files[name]}`], errors: [] });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
  const paper = await page.evaluate("getComputedStyle(document.body).backgroundColor");
  expect(paper).toBe(colorScheme === "light" ? "rgb(253, 253, 251)" : "rgb(22, 24, 27)");
  await page.context().close();
});

inChromium("pages: the first screen of a report has the verdict, lost demand, reach, what was silent, and the timeline", slow, async () => {
  const { page } = await opened(files.report, { viewport: { width: 1440, height: 900 } });
  const bottomOf = (selector: string) => page.evaluate(`document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect().bottom`);
  for (const selector of [".verdict", ".lead", '[data-figure="blastRadius"]', '[data-figure="silentShare"]', '[data-plot="timeline"] svg']) expect(await bottomOf(selector)).toBeLessThan(900);
  await page.context().close();
});

inChromium("pages: a report can be read by keyboard alone: the cursor reads the table's row out, and the table opens", slow, async () => {
  const { page } = await opened(files.report);
  const focused = () => page.evaluate("document.activeElement.className || document.activeElement.tagName");
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("skip");
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("plot");
  await page.keyboard.press("Home");
  await page.keyboard.press("PageUp");
  await page.keyboard.press("PageUp");
  await page.keyboard.press("ArrowRight");
  const { columns, rows } = twinIn(await page.content(), "timeline");
  const row = rows[21]!;
  const expected = [row[0], ...columns.slice(1).map((name, index) => `${name} ${row[index + 1]}`)].join(" · ");
  expect(await page.locator("output").first().textContent()).toBe(expected);
  expect(await page.locator(".plot").first().getAttribute("aria-valuetext")).toBe(expected);
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("SUMMARY");
  await page.keyboard.press("Enter");
  expect(await page.locator(".twin").first().getAttribute("open")).not.toBeNull();
  await page.context().close();
});

inChromium("pages: without script a report has the same text, every table beside its plot, and all sections", slow, async () => {
  const withScript = await opened(files.report);
  const without = await opened(files.report, { javaScriptEnabled: false });
  const textOf = (page: Page) => page.locator("main").innerText();
  expect(await textOf(without.page)).toBe(await textOf(withScript.page));
  expect(await without.page.locator("details.twin table").count()).toBe(await without.page.locator("figure[data-steps]").count());
  await withScript.page.context().close();
  await without.page.context().close();
});

const audits = [
  { name: "report", colorScheme: "light" },
  { name: "report", colorScheme: "dark" },
  { name: "diff", colorScheme: "light" },
  { name: "suite", colorScheme: "dark" },
  { name: "comparison", colorScheme: "light" },
] as const;

inChromium.each(audits)("pages: axe finds nothing serious in $name, $colorScheme", slow, async ({ name, colorScheme }) => {
  const { page } = await opened(files[name], { colorScheme });
  const { violations, passes } = await new AxeBuilder({ page }).analyze();
  expect(passes.length).toBeGreaterThan(20);
  expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  await page.context().close();
});

inChromium("pages: on paper a report has no navigation and fits the width of the page", slow, async () => {
  const { page } = await opened(files.report, { viewport: { width: 794, height: 1123 } });
  await page.emulateMedia({ media: "print" });
  expect(await page.locator("nav").isVisible()).toBe(false);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(794);
  expect((await page.pdf({ format: "A4" })).subarray(0, 4).toString()).toBe("%PDF");
  await page.context().close();
});

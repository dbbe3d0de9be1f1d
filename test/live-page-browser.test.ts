import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BreakGlassWindow } from "../kernel/action.ts";
import { faultOf } from "../kernel/fault.fixture.ts";
import type { Fault } from "../kernel/fault.ts";
import { neverSignal } from "../kernel/signal.ts";
import { playResolved } from "../lab/conductor/virtual/play.ts";
import { startLabUi } from "../lab/ui/lab-ui.ts";
import { liveRoutes } from "../lab/ui/live-routes.ts";
import { LiveSession } from "../lab/ui/live-session.ts";
import { startUiServer } from "../lab/ui/server.ts";
import { examine } from "../observer/measure/judge.ts";
import { runPage } from "../observer/view/page/run-page.ts";
import { viewOf } from "../observer/view/view-of.ts";
import { chromiumPath, launchChromium } from "./support/chromium.ts";
import { liveLinesOf } from "./support/live-lines.ts";
import { twinIn } from "./support/page.ts";
import { planOf } from "./support/virtual.ts";

/**
 * The live page in a real Chromium, over a real socket, of a run whose report is known. Without a Chromium on the
 * machine these tests are skipped.
 */
const executable = chromiumPath();
const inChromium = test.skipIf(executable === null);
const slow = { timeout: 300_000 };
const patient = { timeout: 90_000 };
const directory = mkdtempSync(path.join(tmpdir(), "blastlab-live-page-"));
let browser: Browser;
let known: Awaited<ReturnType<typeof knownRun>>;

async function knownRun() {
  const { plan, verdict, records, arrivals, end } = await playResolved(planOf("gateway-dead", {}, 1, "naive"), { onProgress: () => {}, signal: neverSignal });
  const report = runPage(viewOf({ plan, verdict, evidence: { records, ...examine(plan, records, { arrivals, end }) } }));
  return { plan, verdict, records, report, lines: liveLinesOf({ plan, records, arrivals }) };
}

beforeAll(async () => {
  if (executable === null) return;
  known = await knownRun();
  writeFileSync(path.join(directory, "report.html"), known.report);
  browser = await launchChromium(executable);
});

afterAll(async () => {
  if (executable !== null) await browser.close();
  rmSync(directory, { recursive: true });
});

/** The run as far as its first `lines` lines, on a page in the browser. */
async function watched(lines: number, options: BrowserContextOptions = {}) {
  const session = new LiveSession();
  const server = await startUiServer(0, (app) => void liveRoutes(app, () => session));
  session.onProgress({ type: "plan", plan: known.plan, directory, load: "embedded", network: "embedded" });
  const show = (from: number, to: number) => {
    for (const live of known.lines.slice(from, to)) {
      for (const record of known.records.faults.filter(({ atMs }) => atMs <= live.atMs && atMs > live.atMs - 1_000)) session.onProgress({ type: "fault", record });
      session.onProgress({ type: "live", live });
    }
  };
  show(0, lines);
  const context = await browser.newContext(options);
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const errors: string[] = [];
  const hosts = new Set<string>();
  page.on("pageerror", (error) => void errors.push(error.message));
  page.on("request", (request) => void hosts.add(new URL(request.url()).host));
  await page.goto(`${server.url}live/`);
  const close = async () => {
    await context.close();
    await server[Symbol.asyncDispose]();
  };
  return { session, page, errors, hosts, show, server, [Symbol.asyncDispose]: close };
}

// The page forbids what `waitForFunction` would do, which is to compile text in it.
const rowsOf = (page: Page) => page.locator('[data-plot="timeline"] tbody tr').count();

inChromium("live page: every second comes, and at the end its plots have the numbers of the report", slow, async () => {
  await using opened = await watched(1);
  const { page, session, show } = opened;
  const { length } = known.lines;
  for (let line = 1; line < length; line++) show(line, line + 1);
  const shown = known.plan.timeline.endMs / 1_000;
  await expect.poll(() => rowsOf(page), patient).toBe(shown);
  session.end({ verdict: known.verdict.verdict, reason: known.verdict.reasons[0]!, directory });
  await page.locator("text=Read the report").waitFor();
  const html = await page.content();
  for (const plot of ["timeline", "cells"]) expect(twinIn(html, plot)).toEqual(twinIn(known.report, plot));
  expect(await page.locator('[data-figure="offered"]').textContent()).toContain(String(known.lines.at(-1)!.sent));
  const [report] = await Promise.all([page.context().waitForEvent("page"), page.getByText("Read the report").click()]);
  expect(await report.locator("h1").textContent()).toBe(known.plan.title);
  expect({ errors: opened.errors, hosts: [...opened.hosts] }).toEqual({ errors: [], hosts: [new URL(opened.server.url).host] });
});

inChromium("live page: by keyboard alone the run is stopped, and the cursor and an open table stay where they are while figures come", slow, async () => {
  await using opened = await watched(40);
  const { page, session, show } = opened;
  const focused = () => page.evaluate("document.activeElement.id || document.activeElement.className || document.activeElement.tagName");
  await page.locator("#stop:not([disabled])").waitFor();
  await page.locator(".plot[tabindex]").first().waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("stop");
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("plot");
  await page.keyboard.press("Home");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Tab");
  const rows = await rowsOf(page);
  show(40, 45);
  await expect.poll(() => rowsOf(page), patient).toBe(rows + 5);
  expect(await focused()).toBe("plot");
  expect(await page.locator('[data-plot="timeline"] .twin').getAttribute("open")).not.toBeNull();
  expect(await page.locator('[data-plot="timeline"] output').textContent()).toMatch(/^0:00 · /);
  expect(await page.locator('[data-plot="timeline"] .plot .cursor').count()).toBe(1);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.locator('[data-part="stage"]:has-text("stopping")').waitFor();
  expect(session.hand.stopAsked.aborted).toBe(true);
  expect(opened.errors).toEqual([]);
});

inChromium("live page: a note is added by keyboard, and shown with the time of the run", slow, async () => {
  await using opened = await watched(40);
  const { page, session } = opened;
  session.hand.takeNotes({ nowMs: () => 40_500 }, () => {});
  session.onProgress({ type: "stage", name: "fault", detail: "" });
  await page.locator("#note:not([disabled])").focus();
  await page.keyboard.type("Pager <i>went</i> off");
  await page.keyboard.press("Enter");
  await page.locator('[data-part="notes"] li').waitFor();
  expect(await page.locator('[data-part="notes"]').innerText()).toBe("0:40 Pager <i>went</i> off");
  await page.locator('[data-part="timeline"] .mark-note').waitFor({ ...patient, state: "attached" });
  expect(await page.locator('[data-part="timeline"]').innerText()).toContain("note: Pager <i>went</i> off, at 0:40");
  expect({ left: await page.locator("#note").inputValue(), errors: opened.errors }).toEqual({ left: "", errors: [] });
});

inChromium("live page: a fault is injected and lifted by keyboard", slow, async () => {
  await using opened = await watched(40);
  const { page, session } = opened;
  const offered = [faultOf({ id: "offered-1", title: "One", toMs: 30_000 }), faultOf({ id: "offered-2", title: "Two", fromMs: 0, toMs: 7_000 })];
  const asked: string[] = [];
  const record = { fault: "hand-1", plannedMs: 40_000, atMs: 40_000, detail: "" };
  const inject = (fault: Fault, lengthMs: number) => {
    asked.push(`inject ${fault.id} for ${lengthMs}`);
    const injected = { ...fault, id: "hand-1", title: "By hand: Two" };
    session.onProgress({ type: "hand", fault: injected });
    session.onProgress({ type: "fault", record: { ...record, action: "injected" } });
    return injected;
  };
  session.hand.takeFaults(offered, { inject, lift: (id) => void asked.push(`lift ${id}`) });
  session.onProgress({ type: "stage", name: "fault", detail: "" });
  await page.locator("#fault:not([disabled])").focus();
  await page.keyboard.type("Two");
  await page.locator("#inject").focus();
  await page.keyboard.press("Enter");
  await page.locator('[data-part="byHand"] button').focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => asked, patient).toEqual(["inject offered-2 for 7000", "lift hand-1"]);
  expect(opened.errors).toEqual([]);
});

inChromium("live page: the glass is broken and the team led back by keyboard", slow, async () => {
  await using opened = await watched(40);
  const { page, session } = opened;
  const asked: unknown[] = [];
  const step = { id: "hand-step-1", kind: "break_glass", title: "By hand", atMs: 40_000, lacking: null } as const;
  const open = (team: string, window: BreakGlassWindow) => {
    asked.push([team, window]);
    const on = { ...step, settings: { turn: "on", team, routes: {}, window } };
    session.onProgress({ type: "step", step: on });
    session.onProgress({ type: "action", record: { action: step.id, outcome: "done", plannedMs: 40_000, begunMs: 40_000, atMs: 40_000, detail: "" } });
    return on;
  };
  session.hand.takeBypass({ teams: ["search", "support"], open, close: (team) => void asked.push(team) });
  session.onProgress({ type: "stage", name: "fault", detail: "" });
  await page.locator("#team:not([disabled])").focus();
  await page.keyboard.type("support");
  await page.keyboard.press("Tab");
  await page.keyboard.type("7");
  await page.keyboard.press("Tab");
  await page.keyboard.type("ann");
  await page.keyboard.press("Tab");
  await page.keyboard.type("the gateway is dead");
  await page.keyboard.press("Enter");
  await page.locator('[data-part="windows"] button').focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => asked, patient).toEqual([["support", { minutes: 7, operator: "ann", reason: "the gateway is dead" }], "support"]);
  expect(opened.errors).toEqual([]);
});

inChromium("live page: when the lab is gone the page shows that its figures are old", slow, async () => {
  await using opened = await watched(40);
  await opened.page.locator("#stop:not([disabled])").waitFor();
  await opened.server[Symbol.asyncDispose]();
  await opened.page.locator("text=No connection to the lab").waitFor();
});

/** The page of `blastlab ui`, beside a run whose records are the known ones. */
async function home(options: BrowserContextOptions = {}) {
  const ui = await startLabUi(0, directory, (_asked, { onProgress }) => {
    onProgress({ type: "plan", plan: known.plan, directory, load: "embedded", network: "embedded" });
    return Promise.resolve({ plan: known.plan, verdict: known.verdict, directory, replay: "", exitCode: 0 });
  });
  const context = await browser.newContext(options);
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  await page.goto(ui.url);
  const close = async () => {
    await context.close();
    await ui[Symbol.asyncDispose]();
  };
  return { page, [Symbol.asyncDispose]: close };
}

inChromium("ui: a run is started by keyboard, and its live page leads to its report", slow, async () => {
  await using opened = await home();
  const { page } = opened;
  await page.locator("#scenario").focus();
  await page.keyboard.type("gateway-dead");
  await page.locator("#seed").focus();
  await page.keyboard.type("1");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/live/");
  expect(await page.locator("h1").textContent()).toBe(known.plan.title);
  const [report] = await Promise.all([page.context().waitForEvent("page"), page.getByText("Read the report").click()]);
  expect(await report.locator("h1").textContent()).toBe(known.plan.title);
});

inChromium.each([{ width: 1440, colorScheme: "light" }, { width: 390, colorScheme: "dark" }] as const)("ui: at $width px, $colorScheme: axe finds nothing serious and it never scrolls sideways", slow, async ({ width, colorScheme }) => {
  await using opened = await home({ viewport: { width, height: 900 }, colorScheme });
  expect(await opened.page.evaluate("document.documentElement.scrollWidth")).toBe(width);
  expect(await seriousIn(opened.page)).toEqual([]);
  if (width === 1440) await takePicture(opened.page, "ui");
});

async function seriousIn(page: Page): Promise<readonly string[]> {
  const { violations, passes } = await new AxeBuilder({ page }).analyze();
  expect(passes.length).toBeGreaterThan(15);
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** The pictures of docs/live-page.md: BLASTLAB_PICTURES=docs/images npx vitest run test/live-page-browser.test.ts */
async function takePicture(page: Page, name: string): Promise<void> {
  const pictures = process.env["BLASTLAB_PICTURES"];
  if (pictures !== undefined) await page.screenshot({ path: path.join(pictures, `${name}.png`) });
}

inChromium("live page: on paper it has its figures and plots, and nothing to press", slow, async () => {
  await using opened = await watched(60);
  const { page } = opened;
  await page.locator("#stop:not([disabled])").waitFor();
  await page.emulateMedia({ media: "print" });
  expect(await page.locator("button:visible, input:visible, select:visible").count()).toBe(0);
  expect(await page.locator('[data-plot="timeline"] svg').first().isVisible()).toBe(true);
  expect(await page.locator('[data-figure="bad"]').isVisible()).toBe(true);
});

/** Everything that a person can do is offered, and some of it done. */
function busy(session: LiveSession): void {
  const { hand, onProgress } = session;
  onProgress({ type: "stage", name: "fault", detail: known.plan.title });
  const nothing = () => {
    throw new Error("Nobody asks for it");
  };
  session.hand.takeNotes({ nowMs: () => 30_500 }, () => {});
  session.note("Pager went off: search and sales");
  hand.takeFaults([faultOf({ id: "offered-1", title: "latency downstream on the link from the gateway to primary: latency 2000, jitter 500" })], { inject: nothing, lift: nothing });
  hand.takeBypass({ teams: ["search"], open: nothing, close: nothing });
  const window = { minutes: 5, operator: "ann", reason: "the gateway is dead, INC-4711" };
  onProgress({ type: "step", step: { id: "hand-step-1", kind: "break_glass", title: "By hand: break-glass on for team support", atMs: 45_000, lacking: null, settings: { turn: "on", team: "support", routes: {}, window } } });
  onProgress({ type: "action", record: { action: "hand-step-1", outcome: "done", plannedMs: 45_000, begunMs: 45_000, atMs: 45_000, detail: "" } });
}

const views = [1440, 390].flatMap((width) => (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme })));

inChromium.each(views)("live page: at $width px, $colorScheme: axe finds nothing serious and it never scrolls sideways", slow, async ({ width, colorScheme }) => {
  await using opened = await watched(60, { viewport: { width, height: 900 }, colorScheme });
  const { page, session } = opened;
  busy(session);
  await page.locator("#glass:not([disabled])").waitFor();
  await page.locator('[data-part="windows"] button').waitFor();
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
  expect(await page.evaluate("document.getElementById('stop').getBoundingClientRect().bottom")).toBeLessThan(200);
  expect(await seriousIn(page)).toEqual([]);
  if (width === 1440 && colorScheme === "light") await takePicture(page, "live-page");
});

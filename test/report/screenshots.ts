/**
 * Takes the pictures of docs/report.md: `npm run report:pictures -- RUN_DIR OTHER_RUN_DIR`. Needs a Chromium on the
 * machine. The first run is shown as a report, both as a comparison.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { chromiumPath, launchChromium } from "../support/chromium.ts";
import { scriptOptions } from "../support/script-options.ts";

const usage = `Usage: npm run report:pictures -- RUN_DIR OTHER_RUN_DIR

Writes the pictures of docs/report.md. Needs a Chromium.
`;

const root = path.resolve(import.meta.dirname, "../..");
const images = path.join(root, "docs/images");

interface Picture {
  readonly name: string;
  readonly page: string;
  readonly width: number;
  readonly height: number;
  readonly colorScheme: "light" | "dark";
  readonly paper?: boolean;
}

async function take(browser: Browser, { name, page: file, width, height, colorScheme, paper = false }: Picture): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  await page.goto(`file://${file}`);
  if (paper) await page.emulateMedia({ media: "print" });
  await page.screenshot({ path: path.join(images, `${name}.png`) });
  await context.close();
}

const {
  positionals: [run, other],
} = scriptOptions(usage, {}, { allowPositionals: true });
const executable = chromiumPath();
if (run === undefined || other === undefined || executable === null) throw new Error("Give two run directories, on a machine with Chromium");
const folder = mkdtempSync(path.join(tmpdir(), "blastlab-pictures-"));
const blastlab = (...args: readonly string[]) => execFileSync(process.execPath, [path.join(root, "lab/cli/blastlab.mjs"), ...args]);
const report = path.join(folder, "report.html");
const diff = path.join(folder, "diff.html");
blastlab("report", run, "--html", report);
blastlab("diff", run, other, "--html", diff);
const browser = await launchChromium(executable);
await take(browser, { name: "report", page: report, width: 1440, height: 900, colorScheme: "light" });
await take(browser, { name: "report-narrow", page: report, width: 390, height: 1200, colorScheme: "dark" });
await take(browser, { name: "report-paper", page: report, width: 794, height: 1123, colorScheme: "light", paper: true });
await take(browser, { name: "diff", page: diff, width: 1440, height: 900, colorScheme: "light" });
await browser.close();
rmSync(folder, { recursive: true });

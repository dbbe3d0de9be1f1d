import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const launcher = fileURLToPath(new URL("../cli/blastlab.mjs", import.meta.url));
const rows = 100_000;
const residentKbMax = 300 * 1024;

/** Has every Node process of the command write its peak memory, in KiB, when it exits. */
const peakReport = `--import=data:text/javascript,${encodeURIComponent('process.on("exit", () => process._rawDebug("peakKb=" + process.resourceUsage().maxRSS))')}`;

let folder: string;
beforeAll(() => void (folder = mkdtempSync(path.join(tmpdir(), "blastlab-import-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/** A history of that many rows; those in `bad` have a start that is no time. */
function history(name: string, bad: ReadonlySet<number>): string {
  const file = path.join(folder, name);
  const fd = openSync(file, "w");
  writeSync(fd, "provider,start_utc,end_utc,impact,components\n");
  const epochMs = Date.UTC(2020, 0, 1);
  let text = "";
  for (let row = 0; row < rows; row++) {
    const startMs = epochMs + row * 7 * 60_000;
    const start = bad.has(row) ? "soon" : new Date(startMs).toISOString();
    text += `openai,${start},${new Date(startMs + (5 + (row % 400)) * 60_000).toISOString()},minor,"API;Chat, web;Files and batches"\n`;
    if (text.length < 2 ** 20 && row < rows - 1) continue;
    writeSync(fd, text);
    text = "";
  }
  closeSync(fd);
  return file;
}

function importing(file: string, out: string): { status: number | null; stdout: string; stderr: string; peakKb: number } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, "incidents", "import", file, "--out", out], { encoding: "utf8", env: { ...process.env, NODE_OPTIONS: peakReport } });
  const peaks = [...stderr.matchAll(/peakKb=(\d+)/g)].map((match) => Number(match[1]));
  expect(peaks.length).toBeGreaterThan(0);
  return { status, stdout, stderr, peakKb: Math.max(...peaks) };
}

test("importHistory: 100,000 rows hold under 300 MB", () => {
  const { status, stdout, peakKb } = importing(history("good.csv", new Set()), path.join(folder, "good.json"));
  expect({ status, imported: /^Imported (\d+)/.exec(stdout)?.[1] }).toEqual({ status: 0, imported: String(rows) });
  expect(peakKb).toBeGreaterThan(20_000);
  expect(peakKb).toBeLessThan(residentKbMax);
});

test("importHistory: three bad rows among 100,000 are reported by line, and nothing is imported", () => {
  const out = path.join(folder, "bad.json");
  const { status, stderr, peakKb } = importing(history("bad.csv", new Set([0, 49_999, 99_999])), out);
  expect(status).toBe(4);
  expect([...stderr.matchAll(/bad\.csv:(\d+) start_utc/g)].map((match) => Number(match[1]))).toEqual([2, 50_001, 100_001]);
  expect(existsSync(out)).toBe(false);
  expect(peakKb).toBeLessThan(residentKbMax);
});

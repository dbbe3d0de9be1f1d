import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { writeArrivals } from "./arrivals-file.ts";
import { startChild } from "./fixtures/child.ts";
import { fixtureArrivals, fixtureServer, behaviours } from "./fixtures/server.ts";
import { readTap } from "./fixtures/tap.ts";

const entry = path.join(import.meta.dirname, "main.ts");

function configFile(config: { url: string; count: number; fromMs?: number; timeoutMs?: number }): { file: string; tap: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "load-"));
  const arrivals = path.join(folder, "arrivals.ndjson");
  writeArrivals(arrivals, fixtureArrivals(config.count, config.fromMs ?? 100));
  const tap = path.join(folder, "client.ndjson");
  const file = path.join(folder, "config.json");
  const { url, timeoutMs = 10_000 } = config;
  writeFileSync(file, JSON.stringify({ run: "r", seed: 1, arrivals, targets: { local: [url] }, keys: { "a/x": "vk" }, epochMs: Date.now(), timeoutMs, tap }));
  return { file, tap };
}

test("load process: replays the arrivals over real sockets and leaves a whole tap", async () => {
  await using server = await fixtureServer();
  const { file, tap } = configFile({ url: server.url, count: behaviours.length });
  const { ready, exit } = await startChild(entry, file);
  expect(ready).toEqual({ ready: true, url: "" });
  expect(await exit).toBe(0);
  const { header, records, whole } = readTap(tap);
  expect(whole).toBe(true);
  expect(header).toMatchObject({ schema: "blastlab.tap/1", tap: "client", source: "embedded", run: "r", seed: 1 });
  const byBehaviour = Object.fromEntries(records.map((record) => [behaviours[record.arrival]!, record]));
  expect(byBehaviour["stream"]).toMatchObject({ end: "complete", terminal: true, text: "one two", finishReason: "stop", claimedDeployment: "primary", package: "3@ab", usage: { inputTokens: 4, outputTokens: 2 } });
  expect(byBehaviour["json"]).toMatchObject({ end: "complete", terminal: true, text: "one", firstTokenMs: null, claimedDeployment: "fallback" });
  expect(byBehaviour["json"]).not.toHaveProperty("package");
  expect(byBehaviour["error"]).toMatchObject({ end: "complete", status: 503, errorCode: "all_failed" });
  expect(byBehaviour["no_done"]).toMatchObject({ end: "complete", terminal: false, text: "one" });
  expect(byBehaviour["in_band_error"]).toMatchObject({ end: "complete", terminal: false, text: "one", errorCode: "truncated" });
  expect(byBehaviour["reset"]).toMatchObject({ end: "reset", status: 200, text: "one" });
  expect(byBehaviour["closed_early"]).toMatchObject({ end: "closed_early", status: 200, text: "one" });
  expect(byBehaviour["reset_at_once"]).toMatchObject({ end: "reset", status: null });
  expect(byBehaviour["silent"]).toMatchObject({ end: "timeout", status: null });
  expect(byBehaviour["html"]).toMatchObject({ end: "complete", status: 502, errorCode: "unreadable" });
  for (const record of records) expect(record.sentMs!).toBeGreaterThanOrEqual(record.intendedMs - 2);
  expect(byBehaviour["stream"]!.endMs).toBeGreaterThan(byBehaviour["stream"]!.firstTokenMs!);
});

test("load process: a port where nobody listens gives refused records", async () => {
  const { file, tap } = configFile({ url: "http://127.0.0.1:1", count: 2 });
  expect(await (await startChild(entry, file)).exit).toBe(0);
  expect(readTap(tap).records.map((record) => record.end)).toEqual(["refused", "refused"]);
});

test.each(["SIGTERM", "closed stdin"] as const)("load process: on %s it aborts what is in flight and closes its tap", async (how) => {
  await using server = await fixtureServer();
  const silent = behaviours.indexOf("silent");
  const { file, tap } = configFile({ url: server.url, count: 2_000, timeoutMs: 60_000 });
  const { child, exit } = await startChild(entry, file);
  await expect.poll(() => server.seen.length, { interval: 20 }).toBeGreaterThan(silent + 2);
  if (how === "SIGTERM") child.kill("SIGTERM");
  else child.stdin!.end();
  expect(await exit).toBe(0);
  const { records, whole } = readTap(tap);
  expect(whole).toBe(true);
  expect(records.find((record) => record.arrival === silent)).toMatchObject({ end: "stopped" });
  expect(records.length).toBeLessThan(2_000);
  expect(records.length).toBeGreaterThanOrEqual(server.seen.length);
});

test("load process: a config that it cannot use is reported on stdout, exit 3", async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "load-")), "config.json");
  writeFileSync(file, "{}");
  const { ready, exit } = await startChild(entry, file);
  expect(ready).toMatchObject({ ready: false, code: "config_invalid" });
  expect(await exit).toBe(3);
});

import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { findIncident } from "../../scenarios/faults/incident.ts";
import { loadIncidents } from "../../lab/plan/incidents.ts";
import { startCli } from "../support/cli.ts";
import { expectCode } from "../support/exit-code.ts";

const entry = path.resolve(import.meta.dirname, "../../lab/cli/blastlab.mjs");

/** `blastlab incidents verify`, as its user runs it. */
function verify(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, "incidents", "verify", ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, text: stdout + stderr });
    });
  });
}

test("incidents verify: every phase of every outage of the catalogue is played as it is planned", async () => {
  const ended = await verify();
  const { text } = ended;
  expect(text.split("\n").filter((line) => line.includes("disagrees:"))).toEqual([]);
  expectCode(ended, 0);
  for (const { id } of loadIncidents()) expect(text).toContain(`${id}  on `);
});

test("incidents verify --live: over sockets an outage shows the same rates as on the virtual clock, lookups that fail too", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-live-verify-"));
  try {
    const file = path.join(folder, "short.json");
    const aws = findIncident("aws-2025-10-20-us-east-1", loadIncidents());
    writeFileSync(file, JSON.stringify([findIncident("openai-2024-01-30-routing-release", loadIncidents()), { ...aws, phases: aws.phases.slice(0, 1) }]));
    const live = await verify(file, "--live");
    expect({ code: live.code, disagreeing: live.text.split("\n").filter((line) => line.includes("disagrees:")) }).toEqual({ code: 0, disagreeing: [] });
    const virtual = await verify(file);
    // Fates are of ids alone: live and virtual differ in first tokens, and in nothing else.
    const rates = (text: string) => text.split("\n").filter((line) => /^ {2}\d+\. /.test(line)).map((line) => line.replace(/\d+ ms \(.*$/, "").trimEnd());
    expect(rates(live.text)).toEqual(rates(virtual.text));
    expect(rates(live.text)).toHaveLength(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("incidents verify --live: Ctrl-C ends it with 130, and leaves no process and no folder", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-live-verify-"));
  try {
    await using cli = await startCli(["incidents", "verify", "--live"], { TMPDIR: folder });
    const isPlaying = () => readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith(".ndjson"));
    while (!isPlaying() && cli.process.exitCode === null) await sleep(50);
    cli.process.kill("SIGINT");
    expectCode(await cli.ended, 130);
    expect(cli.alive()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

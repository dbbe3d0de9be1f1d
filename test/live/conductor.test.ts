import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { FaultRecord } from "../../kernel/records.ts";
import { isClosed, readPlan, readTap, readVerdict, startCli } from "../support/cli.ts";
import { startForeignToxiproxy } from "../support/toxiproxy.ts";
import { expectCode } from "../support/exit-code.ts";

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");

test("conductor: Ctrl-C lifts the faults, writes what was measured and exits 130", async () => {
  await using foreign = await startForeignToxiproxy();
  await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", "embedded", "--toxiproxy-url", foreign.url]);
  await cli.printed(/bandwidth-fallback injected/);
  await sleep(1_500);
  cli.process.kill("SIGINT");
  const ended = await cli.ended;
  expectCode(ended, 130);
  const { stdout } = ended;
  expect(cli.alive()).toEqual([]);
  expect(await foreign.proxies()).toEqual([]);
  const faults = readTap<FaultRecord>(cli.directory, "faults");
  expect(faults.filter(({ action }) => action === "lifted").length).toBe(faults.filter(({ action }) => action === "injected").length);
  for (const tap of ["client", "canary", "counted", "faults", ...readPlan(cli.directory).deployments.map(({ name }) => `wire-${name}`)]) {
    expect(isClosed(cli.directory, tap), tap).toBe(true);
  }
  const verdict = readVerdict(cli.directory);
  expect(verdict.verdict).toBe("interrupted");
  expect(verdict.books).toMatchObject({ balanced: true, unexplained: 0 });
  expect(verdict.books.sent).toBeGreaterThan(5);
  expect(stdout).toContain(cli.directory);
});

test("conductor: Ctrl-C while its parts start ends with 130, leaves nothing running, and closes the run's directory", async () => {
  await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", "embedded", "--network", "embedded"]);
  await cli.printed(/mock providers/);
  cli.process.kill("SIGINT");
  const { code } = await cli.ended;
  expect({ code, left: cli.alive() }).toEqual({ code: 130, left: [] });
  expect(JSON.parse(readFileSync(path.join(cli.directory, "end.json"), "utf8"))).toMatchObject({ reason: "interrupted", message: "Ctrl-C before the timeline started" });
});

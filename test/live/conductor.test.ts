import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { FaultRecord } from "../../kernel/records.ts";
import { isClosed, readPlan, readTap, readVerdict, startCli } from "../support/cli.ts";
import { startForeignToxiproxy } from "../support/toxiproxy.ts";

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");
const slow = { timeout: 400_000 };

test("conductor: Ctrl-C lifts the faults, writes what was measured and exits 130", slow, async () => {
  await using foreign = await startForeignToxiproxy();
  await using cli = await startCli(["run", brisk, "--out", "{out}", "--load", "embedded", "--toxiproxy-url", foreign.url]);
  await cli.printed(/bandwidth-fallback injected/);
  await sleep(1_500);
  cli.process.kill("SIGINT");
  const { code, stdout } = await cli.ended;
  expect(code).toBe(130);
  expect(cli.alive()).toEqual([]);
  expect(await foreign.proxies()).toEqual([]);
  const faults = readTap<FaultRecord>(cli.directory, "faults");
  expect(faults.filter(({ action }) => action === "lifted").length).toBe(faults.filter(({ action }) => action === "injected").length);
  for (const tap of ["client", "canary", "believed", "faults", ...readPlan(cli.directory).deployments.map(({ name }) => `wire-${name}`)]) {
    expect(isClosed(cli.directory, tap), tap).toBe(true);
  }
  const verdict = readVerdict(cli.directory);
  expect(verdict.verdict).toBe("interrupted");
  expect(verdict.books).toMatchObject({ balanced: true, unexplained: 0 });
  expect(verdict.books.sent).toBeGreaterThan(5);
  expect(stdout).toContain(cli.directory);
});

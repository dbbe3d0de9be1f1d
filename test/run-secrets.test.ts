import { existsSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { simulatorKey, virtualKeys } from "../lab/plan/gateway-config.ts";
import { resolveRun } from "../lab/plan/resolve-run.ts";
import { readPlan, startCli } from "./support/cli.ts";
import { leaksIn, scanDirectory } from "./support/secret-scan.ts";
import { playVirtually } from "./support/virtual.ts";

const [scenario, stack] = ["secrets.yaml", "secrets-stack.yaml"].map((file) => path.resolve(import.meta.dirname, "support", file)) as [string, string];

test("run --virtual: what a run with every role leaves behind, and what its gateways emit, holds no credential and no client's key in any form", { timeout: 180_000 }, async () => {
  await using cli = await startCli(["run", scenario, "--stack", stack, "--virtual", "--out", "{out}"]);
  const { stdout, stderr } = await cli.ended;
  expect(existsSync(path.join(cli.directory, "verdict.json")), stderr).toBe(true);
  const secrets = { simulatorKey, ...virtualKeys(readPlan(cli.directory)) };
  const { leaks, files } = scanDirectory(path.dirname(cli.directory), secrets);
  expect(files).toBeGreaterThan(20);
  const { events, records } = await playVirtually(resolveRun({ scenario, stack, sets: [] }));
  expect(events.length).toBeGreaterThan(100);
  const texts = { stdout, stderr, events: JSON.stringify(events), records: JSON.stringify(records) };
  expect([...leaks, ...Object.entries(texts).flatMap(([where, text]) => leaksIn(where, text, secrets))]).toEqual([]);
});

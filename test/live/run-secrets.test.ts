import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { chainProblem, type AuditEntry } from "../../gateway/vault/core/audit.ts";
import { sha256 } from "../../gateway/vault/disk.ts";
import type { FaultRecord } from "../../kernel/records.ts";
import { regionVariables } from "../../lab/plan/region-keys.ts";
import { simulatorKey, virtualKeys } from "../../lab/plan/gateway-config.ts";
import { scrapeTargetsFile } from "../../lab/live/scrape-targets.ts";
import { readPlan, readTap, startCli, type Cli } from "../support/cli.ts";
import { leaksIn, scanDirectory } from "../support/secret-scan.ts";
import { untilPasses } from "../support/until-passes.ts";

const at = (file: string) => path.resolve(import.meta.dirname, "../support", file);
const regional: ReadonlySet<string> = new Set(Object.values(regionVariables));

/**
 * What the processes of a run were given and the run directory may not hold: the lab draws these keys anew for each
 * run.
 */
function keysIn(cli: Cli): Readonly<Record<string, string>> {
  const variables = cli.alive().flatMap((pid) => readQuietly(`/proc/${pid}/environ`).split("\0").map((line) => line.split("=", 2) as [string, string]));
  return Object.fromEntries(variables.filter(([name]) => regional.has(name)));
}

function readQuietly(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Where the parts of a run that goes on show their metrics. */
function metricsPages(directory: string): readonly string[] {
  const targets = JSON.parse(readFileSync(scrapeTargetsFile(directory), "utf8")) as readonly { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }[];
  return targets.flatMap(({ targets: hosts, labels }) => hosts.map((host) => `http://${host}${labels["__metrics_path__"]}`));
}

/**
 * The vault's own log of accesses is whole over its death: it goes on where it stopped, and has every holder of a
 * lease.
 */
function checkVaultAudit(directory: string): void {
  const entries = readFileSync(path.join(directory, "disk/vault/audit.ndjson"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as AuditEntry);
  expect(chainProblem(entries, sha256)).toBeNull();
  expect(new Set(entries.map(({ who, action, result }) => `${who} ${action} ${result}`))).toEqual(new Set(["operator:lab put ok", "plane:control lease ok", "plane:gateway lease ok"]));
  const epochMs = (JSON.parse(readFileSync(path.join(directory, "taps/faults.ndjson"), "utf8").split("\n")[0]!) as { epochMs: number }).epochMs;
  const [injected, lifted] = ["injected", "lifted"].map((action) => readTap<FaultRecord>(directory, "faults").find((record) => record.fault === "kill-vault" && record.action === action)!.atMs);
  const leasesMs = entries.filter(({ who }) => who === "plane:gateway").map(({ atMs }) => atMs - epochMs);
  expect(leasesMs.filter((atMs) => atMs < injected!).length).toBeGreaterThan(0);
  expect(leasesMs.filter((atMs) => atMs > lifted!).length).toBeGreaterThan(0);
}

test("run: what a run with every role leaves behind holds no credential, no client's key and no key of a region, in any form", async () => {
  await using cli = await startCli(["run", at("secrets.yaml"), "--stack", at("secrets-stack.yaml"), "--out", "{out}", "--load", "embedded", "--network", "embedded"]);
  await cli.printed(/everything is up/);
  const keys = keysIn(cli);
  expect(Object.keys(keys).toSorted(), "keys of the region").toEqual([...regional].toSorted());
  const { listen } = JSON.parse(readFileSync(path.join(cli.directory, "config/gateway.json"), "utf8")) as { listen: { port: number } };
  const pages = [...metricsPages(cli.directory), `http://127.0.0.1:${listen.port}/admin/state`];
  expect(pages.length, "gateway, control plane, vault and observer show metrics").toBeGreaterThan(4);
  // On a busy machine a part may be dead meanwhile: it comes back.
  const shown = await Promise.all(pages.map((page) => untilPasses(async () => [page, await (await fetch(page)).text()] as const)));
  const { stdout, stderr } = await cli.ended;
  // Whatever the verdict, on whatever machine: the run was played to its end, and judged.
  expect(JSON.parse(readFileSync(path.join(cli.directory, "end.json"), "utf8")), stderr).toMatchObject({ reason: "completed" });
  expect(stdout).toContain(path.join(cli.directory, "report.html"));
  const secrets = { simulatorKey, ...virtualKeys(readPlan(cli.directory)), ...keys };
  const { files, leaks } = scanDirectory(path.dirname(cli.directory), secrets);
  expect(files).toBeGreaterThan(25);
  expect([...leaks, ...[["stdout", stdout], ["stderr", stderr], ...shown].flatMap(([where, text]) => leaksIn(where!, text!, secrets))]).toEqual([]);
  expect(readFileSync(path.join(cli.directory, "disk/control/signing-key.pem"), "utf8")).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY/);
  expect(readFileSync(path.join(cli.directory, "logs/break-glass-audit.ndjson"), "utf8")).toContain('"event":"answered"');
  checkVaultAudit(cli.directory);
});

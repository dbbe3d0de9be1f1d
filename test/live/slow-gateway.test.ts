import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { ClientRecord } from "../../kernel/records.ts";
import { quantile } from "../../kernel/stats.ts";
import type { Verdict } from "../../kernel/verdict.ts";
import { freePort } from "../../lab/live/free-port.ts";
import { readTap, readVerdict, startCli } from "../support/cli.ts";
import { expectCode } from "../support/exit-code.ts";
import { startEagerGateway } from "../support/eager-gateway.ts";
import { installK6StandIn } from "../support/k6/install.ts";

const model = "gpt-4o-mini";
const slowMs = 3_000;
const sloMs = 2_000;
/** From its first request: soon after the steady state. */
const slowAfterMs = 4_500;

/** A run without faults against a gateway that runs already. */
function inputs(gatewayUrl: string, linkPort: number): { readonly scenario: string; readonly stack: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-slow-"));
  const scenario = path.join(folder, "slow-gateway.yaml");
  const stack = path.join(folder, "eager.yaml");
  writeFileSync(stack, `name: eager\ntitle: A gateway that flushes its headers at once\nexternal: { url: "${gatewayUrl}", linkPorts: { primary: ${linkPort} } }\n`);
  writeFileSync(
    scenario,
    `name: slow-gateway
title: Headers at once, the first token seconds later
timeline: { warmupMs: 0, steadyMs: 4000, recoveryMs: 12000 }
workload:
  requestsPerSecond: 20
  streamShare: 1
  maxTokens: { median: 12, sigma: 0.2, min: 8, max: 20 }
  cells:
    - { team: support, feature: chat, route: assistant, slo: { firstTokenMs: ${sloMs}, totalMs: 20000 } }
deployments:
  - { name: primary, provider: openai, dialect: openai, model: ${model}, latency: { firstTokenMsP50: 100, firstTokenSigma: 0.1, tokensPerSecond: 200 } }
routes:
  - { name: assistant, deployments: [primary] }
measure: { steadyBadShareMax: 0.2 }
expectations:
  - { measure: badShare, atMost: 0.1 }
`,
  );
  return { scenario, stack };
}

interface Played {
  readonly verdict: Verdict;
  readonly records: readonly ClientRecord[];
  /** What the load tool itself wrote. */
  readonly ownLog: string;
}

async function play(load: "embedded" | "k6"): Promise<Played> {
  const linkPort = await freePort();
  await using gateway = await startEagerGateway({ providerUrl: `http://127.0.0.1:${linkPort}`, model, slowAfterMs, slowMs });
  const { scenario, stack } = inputs(gateway.url, linkPort);
  const args = ["run", scenario, "--stack", stack, "--load", load, "--network", "embedded", "--tolerate-lag", "60000", "--out", "{out}"];
  await using cli = await startCli(args, { BLASTLAB_K6_BIN: installK6StandIn() });
  expectCode(await cli.ended, 1);
  const ownLog = load === "k6" ? readFileSync(path.join(cli.directory, "logs/k6.log"), "utf8") : "";
  return { verdict: readVerdict(cli.directory), records: readTap<ClientRecord>(cli.directory, "client"), ownLog };
}

const median = (values: readonly number[]) => quantile(values, 0.5);

test("slow gateway: k6, which buffers bodies and times headers, ends through the relay as the embedded generator does", async () => {
  const embedded = await play("embedded");
  const k6 = await play("k6");
  expect(embedded.verdict.load).toMatchObject({ generator: "embedded", instrument: "embedded" });
  expect(k6.verdict.load).toMatchObject({ generator: "k6", instrument: "relay" });
  for (const { verdict, records } of [embedded, k6]) {
    expect(verdict.verdict, verdict.reasons.join(" ")).toBe("deviated");
    expect(verdict.books.balanced, verdict.books.problems.join(" ")).toBe(true);
    expect(verdict.measures!.latency.firstTokenMsP50).toBeGreaterThan(sloMs);
    const slow = records.filter(({ firstTokenMs, intendedMs }) => firstTokenMs !== null && firstTokenMs - intendedMs >= slowMs);
    expect(median(slow.map(({ firstByteMs, sentMs }) => firstByteMs! - sentMs!))).toBeLessThan(slowMs / 3);
  }
  expect(k6.verdict.measures!.badShare).toBeCloseTo(embedded.verdict.measures!.badShare, 1);
  const own = k6.ownLog.trimEnd().split("\n").map((line) => JSON.parse(line) as { waitingMs: number; durationMs: number });
  const slowest = own.filter(({ durationMs }) => durationMs >= slowMs);
  expect(slowest.length).toBeGreaterThan(30);
  expect(median(slowest.map(({ waitingMs }) => waitingMs)), "what k6 alone would have called the first token").toBeLessThan(slowMs / 3);
});

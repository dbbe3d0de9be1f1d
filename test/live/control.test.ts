import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { ClientRecord, RunEnd } from "../../kernel/records.ts";
import { isClosed, readPlan, readTap, readVerdict, runCli, startCli } from "../support/cli.ts";
import { freeFirstPort } from "../support/fixed-ports.ts";
import { expectCode } from "../support/exit-code.ts";

/** A fault that is in force from the first request on, so that the run cannot be its own control. */
const always = path.resolve(import.meta.dirname, "../support/always.yaml");
/** How late the load was voids no run here. */
const live = ["run", always, "--load", "embedded", "--network", "embedded", "--tolerate-lag", "60000"];

const readEnd = (directory: string) => JSON.parse(readFileSync(path.join(directory, "end.json"), "utf8")) as RunEnd;
const listenOf = (directory: string, part: string) => (JSON.parse(readFileSync(path.join(directory, "config", `${part}.json`), "utf8")) as { listen: { port: number } }).listen.port;
const bytesOf = (directory: string) => ["verdict.json", "report.md", "report.html"].map((name) => readFileSync(path.join(directory, name), "utf8"));

test("run: a paired run plays its control first, its verdict rests on both, and an earlier control serves as well", async () => {
  const firstPort = await freeFirstPort();
  await using cli = await startCli([...live, "--ports", String(firstPort), "--out", "{out}"]);
  const first = await cli.ended;
  expectCode(first, 1);
  const { stdout } = first;
  const { directory } = cli;
  const control = path.join(directory, "control");
  const verdict = readVerdict(directory);
  expect({ verdict: verdict.verdict, inputs: verdict.inputs.recomputed }, verdict.reasons.join("\n")).toEqual({ verdict: "deviated", inputs: true });
  expect(verdict.measures).toMatchObject({ control: { kind: "paired", badShare: 0 }, recoveryApplicable: false });
  expect(verdict.attribution).toMatchObject({ faults: [{ fault: "mix-up" }], unattributed: 0 });
  expect(readVerdict(control)).toMatchObject({ verdict: "held", measures: { badShare: 0 } });
  expect(readPlan(control)).toMatchObject({ faults: [], arrivalCount: readPlan(directory).arrivalCount });
  const requests = (root: string) => readTap<ClientRecord>(root, "client").map(({ requestId }) => requestId).sort();
  expect(requests(control)).toEqual(requests(directory));
  expect(stdout).toMatch(/control 1 of 2, run directory: .*control\n[^]*run 2 of 2, run directory: /);
  expect(cli.alive()).toEqual([]);

  expect([directory, control].map((root) => ["network", "gateway", "simulator-primary"].map((part) => listenOf(root, part)))).toEqual(Array(2).fill([firstPort + 1, firstPort + 60, firstPort + 100]));

  for (const root of [directory, control]) {
    const before = bytesOf(root);
    await runCli(["verdict", root]);
    expect(bytesOf(root)).toEqual(before);
  }

  await using again = await startCli([...live, "--control", control, "--out", "{out}"]);
  const ended = await again.ended;
  expectCode(ended, 1);
  expect(readVerdict(again.directory).reasons[0]).toContain("Wrong answers deviated");
  expect(ended.stdout).not.toContain("1 of 2");
  expect(ended.stdout).toContain(`--control ${control}`);
  expect(readTap(path.join(again.directory, "control"), "client")).toEqual(readTap(control, "client"));
});

test("run: Ctrl-C in the control leaves nothing running, keeps what was measured and exits 130", async () => {
  await using cli = await startCli([...live, "--out", "{out}"]);
  await cli.printed(/steady/);
  cli.process.kill("SIGINT");
  const ended = await cli.ended;
  expectCode(ended, 130);
  const { stdout } = ended;
  expect(cli.alive()).toEqual([]);
  expect(isClosed(path.join(cli.directory, "control"), "client")).toBe(true);
  expect(readVerdict(path.join(cli.directory, "control")).verdict).toBe("interrupted");
  expect(readVerdict(cli.directory)).toMatchObject({ verdict: "interrupted", reasons: expect.arrayContaining([expect.stringContaining("Ctrl-C in the control run")]) as unknown });
  expect(stdout).not.toContain("run 2 of 2");
});

test("run: a control that is unwell without any fault voids the run before it is started, and says so", async () => {
  await using cli = await startCli([...live, "--set", "workload.cells.0.slo.firstTokenMs=1", "--out", "{out}"]);
  const { code, stdout, stderr } = await cli.ended;
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/^error: The control run is void, so the run with the faults was not started\. The steady state does not hold before any fault.*\nhint: /) as unknown });
  expect(stdout).not.toContain("run 2 of 2");
  expect(readEnd(cli.directory)).toMatchObject({ reason: "failed", message: expect.stringContaining("The control run is void") as unknown });
  expect(existsSync(path.join(cli.directory, "taps/client.ndjson"))).toBe(false);
  expect(cli.alive()).toEqual([]);
});

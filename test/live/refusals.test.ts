import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { freePort } from "../../lab/live/free-port.ts";
import { runCli } from "../support/cli.ts";
import { freeFirstPort } from "../support/fixed-ports.ts";
import { expectCode, printedBy } from "../support/exit-code.ts";

/** Commands at a time. */
vi.setConfig({ maxConcurrency: 2 });

const brisk = path.resolve(import.meta.dirname, "../support/brisk.yaml");
const embedded = ["--load", "embedded", "--network", "embedded", "--out", "{out}"];

async function expectTrouble(args: readonly string[], expected: { code: number; error: RegExp; hint: RegExp }): Promise<void> {
  const ended = await runCli(args);
  const { stderr, left } = ended;
  const shown = printedBy(ended);
  expectCode(ended, expected.code);
  expect(stderr.match(/^error: /gm)?.length, shown).toBe(1);
  expect(stderr).toMatch(expected.error);
  expect(stderr).toMatch(new RegExp(`^hint: .*(${expected.hint.source})`, "m"));
  expect(shown).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  expect(left, "processes left").toEqual([]);
}

/** A stack of a gateway that runs already, at `url`, which reaches `primary` at that port, or at one that is free. */
async function externalStack(url: string, primary?: number): Promise<string> {
  const file = path.join(await mkdtemp(path.join(tmpdir(), "blastlab-stack-")), "own.yaml");
  await writeFile(file, `name: own\ntitle: A gateway of one's own\nexternal: { url: "${url}", linkPorts: { primary: ${primary ?? (await freePort())}, fallback: ${await freePort()} } }\n`);
  return file;
}

test.concurrent("blastlab: a bad scenario file is refused, with the line", async () => {
  const file = path.join(await mkdtemp(path.join(tmpdir(), "blastlab-bad-")), "bad.yaml");
  const text = await readFile(brisk, "utf8");
  await writeFile(file, text.replace("requestsPerSecond: 6", "requestsPerSecond: many"));
  const line = text.split("\n").findIndex((each) => each.includes("requestsPerSecond")) + 1;
  await expectTrouble(["run", file, ...embedded], { code: 4, error: new RegExp(`bad\\.yaml:${line}:\\d+ workload\\.requestsPerSecond`), hint: /scenario\.schema\.json/ });
});

test.concurrent("blastlab: an unknown scenario, incident and setting are refused, with the nearest names", async () => {
  await expectTrouble(["run", "flagshp"], { code: 4, error: /no scenario "flagshp"/, hint: /flagship/ });
  await expectTrouble(["incidents", "show", "openai-2025-06-10-gpu-netwrk"], { code: 4, error: /openai-2025-06-10-gpu-netwrk/, hint: /openai-2025-06-10-gpu-network/ });
  await expectTrouble(["run", "flagship", "--set", "faults.0.incident=openai-2025-06-10-gpu", ...embedded], { code: 4, error: /faults.0.incident: Cannot find .*Did you mean "openai-2025-06-10-gpu-network"/, hint: /Correct the file/ });
  await expectTrouble(["run", "flagship", "--set", "stack.gatewy={}", ...embedded], { code: 4, error: /gatewy/, hint: /gateway/ });
  await expectTrouble(["run", brisk, "--set", "stack.gateway.polcy={}", ...embedded], { code: 4, error: /gateway: Unrecognized key: "polcy". Did you mean "policy"/, hint: /stack.schema.json/ });
});

test.concurrent("blastlab: a wrong flag and a missing argument are refused", async () => {
  await expectTrouble(["run", "flagship", "--sped", "9"], { code: 4, error: /--sped/, hint: /--speed|--help/ });
  await expectTrouble(["run"], { code: 4, error: /scenario/, hint: /--help/ });
  await expectTrouble(["run", "flagship", "--load", "jmeter"], { code: 4, error: /jmeter/, hint: /--help|k6/ });
});

test.concurrent("blastlab: a port in use is a failure that names it", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  await expectTrouble(["run", brisk, "--set", `stack.gateway.listen={host: 127.0.0.1, port: ${port}}`, ...embedded], { code: 3, error: new RegExp(`port ${port} .*in use`), hint: /port/ });
  await expectTrouble(["run", brisk, "--stack", await externalStack("http://127.0.0.1:1", port), ...embedded], { code: 3, error: new RegExp(`port ${port} .*in use${existsSync("/proc/net/tcp") ? ` by .+ \\(pid ${process.pid}\\)` : ""}`), hint: /linkPorts/ });
  taken.close();
});

test.concurrent("blastlab: a fixed port that is taken is refused before anything starts, by the part that wants it and the process that holds it", async () => {
  const first = await freeFirstPort();
  const port = first + 60;
  const taken = createServer().listen(port, "127.0.0.1");
  await once(taken, "listening");
  await expectTrouble(["run", brisk, "--ports", String(first), ...embedded], { code: 4, error: new RegExp(`Cannot start gateway: port ${port} is in use${existsSync("/proc/net/tcp") ? ` by .+ \\(pid ${process.pid}\\)` : ""}`), hint: /--ports/ });
  await expectTrouble(["run", brisk, "--ports", "65530", ...embedded], { code: 4, error: /ports 65530 to 65631/, hint: /1024 to 65434/ });
  taken.close();
});

test.concurrent("blastlab: a target that is not loopback is refused before anything starts", async () => {
  await expectTrouble(["run", brisk, "--load", "embedded", "--toxiproxy-url", "http://192.0.2.1:8474", "--out", "{out}"], { code: 4, error: /192\.0\.2\.1/, hint: /allow/ });
  await expectTrouble(["run", brisk, "--set", "deployments.0.url=http://192.0.2.1", ...embedded], { code: 4, error: /192\.0\.2\.1/, hint: /allow/ });
  await expectTrouble(["run", brisk, "--stack", await externalStack("http://192.0.2.1"), ...embedded], { code: 4, error: /192\.0\.2\.1/, hint: /allow/ });
});

test.concurrent("blastlab: a provider, a gateway and a Toxiproxy that cannot be reached are failures, and nothing is left running", async () => {
  await expectTrouble(["run", brisk, "--set", "deployments.0.url=http://127.0.0.1:1", ...embedded], { code: 3, error: /provider of deployment "primary".*127\.0\.0\.1:1/, hint: /Start it/ });
  await expectTrouble(["run", brisk, "--stack", await externalStack("http://127.0.0.1:1"), ...embedded], { code: 3, error: /system under test/, hint: /Start your gateway/ });
  await expectTrouble(["run", brisk, "--load", "embedded", "--toxiproxy-url", "http://127.0.0.1:1", "--out", "{out}"], { code: 3, error: /127\.0\.0\.1:1/, hint: /toxiproxy/ });
});

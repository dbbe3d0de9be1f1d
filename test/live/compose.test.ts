import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { FaultRecord, RunEnd } from "../../kernel/records.ts";
import { readTap, readVerdict, startCli } from "../support/cli.ts";
import { eventually } from "../../lab/warden/fixtures/processes.ts";
import { ComposeProject, docker, engineMissing } from "../support/engine.ts";
import { makeStandIns } from "../support/stand-ins.ts";

const missing = engineMissing();
const note = missing === null ? "" : ` (skipped: ${missing})`;
const slow = { timeout: 600_000 };
const ports = { BLASTLAB_TOXIPROXY_PORT: "31474", BLASTLAB_EDGE_A_PORT: "31080", BLASTLAB_EDGE_B_PORT: "31081", BLASTLAB_PROMETHEUS_PORT: "31090" };
/** Images of this machine's own files, unless the images of registries are asked for. */
let images: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  if (missing === null && process.env["BLASTLAB_ENGINE_IMAGES"] !== "pull") images = await makeStandIns();
}, 120_000);

const components = path.resolve(import.meta.dirname, "../support/components.yaml");
const readEnd = (directory: string) => JSON.parse(readFileSync(path.join(directory, "end.json"), "utf8")) as RunEnd;
const oneShots = ["operate-a", "operate-b", "prepare"];

/** The status of a chat request at that published port; null: none came. */
async function ask(port: string, question: string): Promise<number | null> {
  try {
    const headers = { authorization: "Bearer vk-support-chat", "content-type": "application/json" };
    const body = JSON.stringify({ model: "assistant", max_tokens: 12, messages: [{ role: "user", content: question }] });
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: "POST", headers, body, signal: AbortSignal.timeout(20_000) });
    await response.text();
    return response.status;
  } catch {
    return null;
  }
}

/** How many parts Prometheus reads. */
async function partsRead(): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${ports.BLASTLAB_PROMETHEUS_PORT}/api/v1/query?query=${encodeURIComponent("sum(up)")}`);
  const { data } = (await response.json()) as { readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] } };
  return Number(data.result[0]?.value[1]);
}

async function answeredAgain(port: string, what: string): Promise<void> {
  const giveUpAt = performance.now() + 120_000;
  let status: number | null = null;
  for (let number = 0; status !== 200 && performance.now() < giveUpAt; number++) status = await ask(port, `${what} ${number}`);
  expect(status, what).toBe(200);
}

test.skipIf(missing !== null)(`docker-compose.yml: every service is healthy on a real engine, clients are answered, and again after a restart of any container on their way${note}`, slow, async () => {
  await using project = new ComposeProject("blastlab-test", { ...images, ...ports });
  await project.compose("up", "--build", "--wait", "--quiet-pull");
  const containers = await project.containers();
  const states = [...containers].map(([service, { State }]) => [service, State.Health?.Status ?? `${State.Status} ${State.ExitCode}`] as const);
  expect(states.filter(([service, state]) => state !== (oneShots.includes(service) ? "exited 0" : "healthy"))).toEqual([]);
  expect(states.length).toBe(23);
  for (const [service, { Config, HostConfig }] of containers) {
    expect(Config.User, service).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(HostConfig, service).toMatchObject({ ReadonlyRootfs: true, Memory: 512 * 2 ** 20, PidsLimit: 256, LogConfig: { Config: { "max-size": "10m", "max-file": "3" } } });
    expect(Object.values(HostConfig.PortBindings ?? {}).flat().filter(({ HostIp }) => HostIp !== "127.0.0.1"), service).toEqual([]);
  }
  for (const port of [ports.BLASTLAB_EDGE_A_PORT, ports.BLASTLAB_EDGE_B_PORT]) expect(await ask(port, `hello at ${port}`)).toBe(200);

  await expect.poll(partsRead, { timeout: 30_000, message: "Prometheus reads gateways, edges, control planes, vaults and the observer" }).toBe(11);

  for (const service of ["toxiproxy", "provider-primary", "gateway-a-1", "edge-a"]) {
    await docker("restart", "--time", "2", containers.get(service)!.Id);
    await answeredAgain(ports.BLASTLAB_EDGE_A_PORT, `after a restart of ${service}`);
  }

  const vault = containers.get("vault-a")!.Id;
  const check = () => project.compose("exec", "--no-TTY", "vault-a", "node", "deploy/healthy.mjs", "http://vault-a:8100/v1/status");
  await expect(check()).resolves.toBe("");
  await docker("network", "disconnect", "blastlab-test_default", vault);
  await expect(check(), "what nobody reaches is unhealthy").rejects.toThrow();
});

test.skipIf(missing !== null)(`run: smoke is held on stack compose, in containers that are gone afterwards${note}`, slow, async () => {
  await using cli = await startCli(["run", "smoke", "--stack", "compose", "--out", "{out}"], { ...images });
  const { code, stdout, stderr } = await cli.ended;
  expect({ code, verdict: readVerdict(cli.directory).verdict }, `${stdout}\n${stderr}`).toEqual({ code: 0, verdict: "held" });
  expect(readFileSync(path.join(cli.directory, "made.json"), "utf8")).toContain("each component in a container");
  expect(existsSync(path.join(cli.directory, "report.html"))).toBe(true);
  await expectNoContainers(cli.directory);
});

test.skipIf(missing !== null)(`run: containers are killed, paused, restarted and made wrong by faults, and all is lifted${note}`, slow, async () => {
  await using cli = await startCli(["run", components, "--set", "stack.containers=true", "--out", "{out}"], { ...images });
  const { stdout, stderr } = await cli.ended;
  const records = readTap<FaultRecord>(cli.directory, "faults");
  const count = (action: string) => records.filter((record) => record.action === action).length;
  expect([count("injected"), count("lifted")], `${stdout}\n${stderr}`).toEqual([6, 6]);
  expect(readFileSync(path.join(cli.directory, "logs", "gateway.log"), "utf8").match(/"ready":true/g)?.length).toBe(3);
  expect(readEnd(cli.directory)).toMatchObject({ reason: "completed", troubles: [], stillInForce: [] });
  await expectNoContainers(cli.directory);
});

test.skipIf(missing !== null)(`run: SIGKILL of the lab on stack compose leaves no container${note}`, slow, async () => {
  await using cli = await startCli(["run", "smoke", "--stack", "compose", "--out", "{out}"], { ...images });
  await cli.printed(/steady/);
  cli.process.kill("SIGKILL");
  await cli.ended;
  await expectNoContainers(cli.directory);
});

/** Of the run in that directory. */
async function expectNoContainers(directory: string): Promise<void> {
  const { run } = JSON.parse(readFileSync(path.join(directory, "plan.json"), "utf8")) as { readonly run: string };
  const left = () => execFileSync("docker", ["ps", "--all", "--quiet", "--filter", `name=^${run}-`], { encoding: "utf8" });
  await eventually("the containers are gone", () => left() === "", 15_000);
}

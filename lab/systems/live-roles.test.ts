import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Role } from "../../kernel/topology.ts";
import { redisNote } from "../../test/support/redis.ts";
import { plan } from "../board/fixtures/run.ts";
import { runDirectory } from "../live/directory.ts";
import { simulatorKey } from "../plan/gateway-config.ts";
import { resolveRun } from "../plan/resolve-run.ts";
import { findRedis } from "../tools/on-path.ts";
import { startWarden } from "../warden/client.ts";
import { checkRoles, startRoles } from "./live-roles.ts";
import { asOperator } from "./operator.ts";
import { regionSecrets } from "./region-secrets.ts";

function ownWarden() {
  const directory = runDirectory(mkdtempSync(path.join(tmpdir(), "blastlab-roles-")));
  for (const folder of ["logs", "config"]) mkdirSync(path.join(directory.path, folder));
  const warden = startWarden({ log: directory.log("warden"), onTrouble: () => {}, onExit: () => {} });
  onTestFinished(async () => {
    await warden.shutdown();
    rmSync(directory.path, { recursive: true, force: true });
  });
  return { directory, warden };
}

/** A component of that role. */
async function startOne(role: Role) {
  const { directory, warden } = ownWarden();
  const { urls, components } = await startRoles("behind", { warden, directory, stack: { gateway: {}, edge: null, control: null, vault: null, containers: false }, secretsOf: regionSecrets(), links: new Map(), ports: new Map(), plan: { ...plan, components: [{ id: "it", role, region: "local", replica: 1 }] } });
  return { warden, url: urls.get("it")!, component: components.get("it")! };
}

test("startRoles: a collector takes traces, and serves at the same address after a kill", async () => {
  const { warden, url, component } = await startOne("collector");
  const send = async () => (await fetch(`${url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).status;
  expect(await send()).toBe(200);
  await warden.child("it")!.kill();
  await expect(send()).rejects.toThrow();
  await component.ready(await warden.respawn("it"));
  expect(await send()).toBe(200);
});

/** The vault and the control plane of a region, each started as in a run, with no provider behind them. */
async function startRegion(side: "behind" | "over") {
  const { plan: whole, stack } = resolveRun({ scenario: "smoke", stack: "hardened", sets: [] });
  const components = whole.components.filter(({ role, region }) => role === "provider" || (["vault", "control", "gateway"].includes(role) && region === "a"));
  const { directory, warden } = ownWarden();
  const links = new Map(whole.links.map(({ id }) => [id, "http://127.0.0.1:9"]));
  const { components: started } = await startRoles(side, { warden, directory, stack, secretsOf: regionSecrets(), links, ports: new Map(), plan: { ...whole, components } });
  const [id, component] = [...started][0]!;
  return { warden, directory, id, component, operator: component.operator! };
}

test("startRoles: a vault holds the key of each provider, and still does after a kill; its files have no key in them", async () => {
  const { warden, directory, id, component, operator } = await startRegion("behind");
  const names = async () => ((await asOperator(operator, "GET", "/v1/status")) as { secrets: { name: string }[] }).secrets.map(({ name }) => name);
  expect(await names()).toEqual(["primary.key", "fallback.key"]);
  await warden.child(id)!.kill();
  await component.ready(await warden.respawn(id));
  expect(await names()).toEqual(["primary.key", "fallback.key"]);
  for (const file of [directory.config(id), path.join(directory.disk(id), "vault.json")]) {
    expect(readFileSync(file, "utf8")).not.toContain(simulatorKey);
    expect(readFileSync(file, "utf8")).not.toContain(operator.key);
  }
  await expect(asOperator({ ...operator, key: "another" }, "GET", "/v1/status")).rejects.toThrow("it answered 401");
});

test("startRoles: a control plane knows what each deployment must show, and waits for its first package", async () => {
  const { operator } = await startRegion("over");
  const status = (await asOperator(operator, "GET", "/v1/status")) as { region: string; active: unknown; identities: object };
  expect([status.region, status.active, Object.keys(status.identities)]).toEqual(["a", null, ["primary", "fallback"]]);
});

test.skipIf(findRedis() === null)(`startRoles: a store is ready when it answers, also after a kill${redisNote}`, async () => {
  const { warden, component } = await startOne("store");
  await warden.child("it")!.kill();
  await component.ready(await warden.respawn("it"));
  expect(warden.child("it")!.isRunning).toBe(true);
});

test("checkRoles: a store without a redis-server is refused before anything starts; other plans need none", () => {
  const withStore = { ...plan, components: [{ id: "it", role: "store" as const, region: "local", replica: 1 }] };
  vi.stubEnv("BLASTLAB_REDIS_BIN", "/nowhere/redis-server");
  onTestFinished(() => void vi.unstubAllEnvs());
  const stack = { edge: null, containers: false };
  expect(() => checkRoles(withStore, stack)).toThrow(expect.objectContaining({ exit: "refused", code: "tool_missing" }) as Error);
  expect(() => checkRoles(plan, stack)).not.toThrow();
});

test("checkRoles: an edge of HAProxy without its binary is refused before anything starts", () => {
  const withEdge = { ...plan, components: [{ id: "it", role: "edge" as const, region: "local", replica: 1 }] };
  vi.stubEnv("BLASTLAB_HAPROXY_BIN", "/nowhere/haproxy");
  onTestFinished(() => void vi.unstubAllEnvs());
  const stackOf = (engine: "embedded" | "haproxy") => ({ edge: { engine, count: 1, settings: {} }, containers: false });
  expect(() => checkRoles(withEdge, stackOf("haproxy"))).toThrow(expect.objectContaining({ exit: "refused", code: "tool_missing" }) as Error);
  expect(() => checkRoles(withEdge, stackOf("embedded"))).not.toThrow();
});

test("startRoles: a plan without such roles starts nothing", async () => {
  const { urls } = await startRoles("behind", { warden: undefined as never, directory: undefined as never, stack: { gateway: {}, edge: null, control: null, vault: null, containers: false }, secretsOf: regionSecrets(), links: new Map(), ports: new Map(), plan });
  expect([...urls]).toEqual([]);
});

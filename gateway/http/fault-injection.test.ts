import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { VirtualClock } from "../../kernel/clock-virtual.ts";
import { skewedClock } from "../../kernel/skewed-clock.ts";
import type { Gateway } from "../core/contracts.ts";
import { openaiClient } from "../dialects/openai-client.ts";
import { LookUps } from "./look-ups.ts";
import { startGateway } from "./process.ts";
import { buildServer } from "./server.ts";

const defect = { kind: "mix_up", share: 0.2 };

function serverFor({ hardened = false, shared = false, enabled = true } = {}) {
  const active = new Map<string, object>();
  const clock = skewedClock(new VirtualClock());
  const lookUps = new LookUps();
  const gateway: Gateway = {
    handle: async () => ({ status: 404, headers: {}, body: (async function* () {})() }),
    state: () => ({ inFlight: 0, retryBudgetTokens: 1, breakers: [] }),
    applyDefect: (id, settings) => !hardened && active.set(id, settings).size > 0,
    liftDefect: (id) => active.delete(id),
    flushCache: () => !shared,
    isolate: () => false,
    release: () => false, drain: () => {}, reportRegionShare: () => {}, cutOpenAnswers: () => {},
    rehearse: () => {},
    isReady: () => true,
  };
  const faultInjection = enabled ? { gateway, clock, lookUps } : undefined;
  const app = buildServer({ gateway, client: openaiClient, mayAdminister: async () => "open", metricsHandler: (_, response) => void response.end(), ready: () => true, onBug: () => {}, faultInjection });
  onTestFinished(() => app.close());
  const send = async (method: "PUT" | "DELETE", url: string, body?: unknown, headers: Record<string, string> = {}) => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await app.inject({ method, url, ...payload, headers: { host: "127.0.0.1:8080", ...type, ...headers } });
    return [answer.statusCode, answer.body === "" ? null : (answer.json() as { error: { code: string; message: string } }).error];
  };
  return { active, clock, lookUps, send };
}

test("addFaultInjection: a defect is planted, replaced and lifted by its id; lifting it again is 404", async () => {
  const { active, send } = serverFor();
  expect(await send("PUT", "/admin/defects/sick", defect)).toEqual([204, null]);
  expect(await send("PUT", "/admin/defects/sick", { ...defect, share: 1 })).toEqual([204, null]);
  expect([...active]).toEqual([["sick", { ...defect, share: 1 }]]);
  expect(await send("DELETE", "/admin/defects/sick")).toEqual([204, null]);
  expect(await send("DELETE", "/admin/defects/sick")).toMatchObject([404, { code: "not_found" }]);
});

test.each([
  [{ kind: "mix_up", share: 2 }, "share: Too big"],
  [{ kind: "slow", share: 1 }, "delayMs: Expected at least 0, got nothing"],
  [{ kind: "mix_up", share: 1, when: "now" }, 'Unrecognized key: "when"'],
])("addFaultInjection: the defect %j is refused by its path", async (body, message) => {
  const { active, send } = serverFor();
  expect(await send("PUT", "/admin/defects/x", body)).toMatchObject([400, { code: "invalid", message: expect.stringContaining(message) }]);
  expect(active.size).toBe(0);
});

test("addFaultInjection: a hardened gateway refuses defects; a shared cache is not flushed here", async () => {
  expect(await serverFor({ hardened: true }).send("PUT", "/admin/defects/x", defect)).toMatchObject([403, { code: "hardened" }]);
  expect(await serverFor().send("DELETE", "/admin/cache")).toEqual([204, null]);
  expect(await serverFor({ shared: true }).send("DELETE", "/admin/cache")).toMatchObject([409, { code: "cache_is_shared" }]);
});

test("addFaultInjection: the clock's offset is set and taken back", async () => {
  const { clock, send } = serverFor();
  expect(await send("PUT", "/admin/clock", { offsetMs: -3_600_000 })).toEqual([204, null]);
  expect(clock.offsetMs).toBe(-3_600_000);
  expect(await send("PUT", "/admin/clock", { offsetMs: 1e300 })).toMatchObject([400, { code: "invalid" }]);
  expect(await send("DELETE", "/admin/clock")).toEqual([204, null]);
  expect(await send("DELETE", "/admin/clock")).toEqual([204, null]);
  expect(clock.offsetMs).toBe(0);
});

test("addFaultInjection: the look-up of a host and port is made to fail, and repaired; repairing it again is 404", async () => {
  const { lookUps, send } = serverFor();
  expect(await send("PUT", "/admin/look-ups/127.0.0.1:8474", { answer: "nxdomain" })).toEqual([204, null]);
  expect(lookUps.faultOf("127.0.0.1:8474")).toBe("nxdomain");
  expect(await send("PUT", "/admin/look-ups/127.0.0.1:8474", { answer: "maybe" })).toMatchObject([400, { code: "invalid" }]);
  expect(await send("DELETE", "/admin/look-ups/127.0.0.1:8474")).toEqual([204, null]);
  expect(lookUps.faultOf("127.0.0.1:8474")).toBeUndefined();
  expect(await send("DELETE", "/admin/look-ups/127.0.0.1:8474")).toMatchObject([404, { code: "not_found" }]);
});

test.each([
  ["a name that resolves to this machine", { host: "attacker.example:8080" }, 403],
  ["another origin", { origin: "http://127.0.0.1:3000" }, 403],
  ["an opaque origin", { origin: "null" }, 403],
  ["its own origin", { origin: "http://127.0.0.1:8080" }, 204],
  ["localhost", { host: "localhost" }, 204],
  ["a form", { "content-type": "text/plain" }, 415],
])("addFaultInjection: a request by %s", async (_, headers, status) => {
  const { active, send } = serverFor();
  expect((await send("PUT", "/admin/defects/x", defect, headers))[0]).toBe(status);
  expect(active.size).toBe(status === 204 ? 1 : 0);
});

test("addFaultInjection: a body that is not JSON is refused", async () => {
  const { send } = serverFor();
  expect(await send("PUT", "/admin/clock", undefined, { "content-type": "application/json" })).toMatchObject([400, { code: "not_json" }]);
});

test("buildServer: without fault injection in the config its paths do not exist", async () => {
  const { active, send } = serverFor({ enabled: false });
  expect(await send("PUT", "/admin/defects/x", defect)).toEqual([404, null]);
  expect(active.size).toBe(0);
});

test("startGateway: a defect that is planted over HTTP is in force until it is lifted, and the state shows it and the clock's offset", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  const configFile = path.join(folder, "gateway.json");
  const content = {
    admin: { faultInjection: true, open: true },
    keys: [{ key: "vk-1", team: "search", feature: "answers" }],
    deployments: [{ name: "d0", dialect: "openai", model: "m-1", baseUrl: "http://127.0.0.1:9/v1", credential: "env:NONE" }],
    routes: [{ name: "chat", deployments: ["d0"] }],
  };
  writeFileSync(configFile, JSON.stringify(content));
  const gateway = await startGateway({ configFile, environment: {}, writeLine: () => {} });
  const { url } = gateway;
  onTestFinished(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true });
  });
  const put = async (path: string, body: object) => (await fetch(url + path, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).status;
  const lift = async (path: string) => (await fetch(url + path, { method: "DELETE" })).status;
  const state = async () => (await (await fetch(`${url}/admin/state`)).json()) as { defects?: string[]; clock: { offsetMs: number } };
  const ask = async () => {
    const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer vk-1" }, body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "x" }] }) });
    return ((await answer.json()) as { error: { message: string } }).error.message;
  };
  expect([await put("/admin/defects/sick", { kind: "fail", share: 1 }), await put("/admin/clock", { offsetMs: 5_000 })]).toEqual([204, 204]);
  expect(await state()).toMatchObject({ defects: ["sick"], clock: { offsetMs: 5_000 } });
  expect(await ask()).toBe("The gateway failed");
  expect([await lift("/admin/defects/sick"), await lift("/admin/clock"), await lift("/admin/cache")]).toEqual([204, 204, 204]);
  expect(await ask()).not.toBe("The gateway failed");
  expect((await state()).defects).toBeUndefined();
});

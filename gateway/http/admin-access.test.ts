import { expect, onTestFinished, test } from "vitest";
import { bodyOf } from "../../kernel/transport.ts";
import { openaiClient } from "../dialects/openai-client.ts";
import { buildServer } from "./server.ts";
import { sendJson } from "../contract/support/provider.ts";
import { startGatewayTo } from "../contract/support/gateway.ts";

const answer = { id: "c", object: "chat.completion", created: 1, model: "m-1", choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } };

/** What a client reads at the paths of operators, after a request of team `search`. */
async function readWith(admin: object, headers: Record<string, string> = {}) {
  const limits = { rules: [{ team: "*", windowMs: 60_000, requests: 9, usd: 3 }] };
  const { url, openai } = await startGatewayTo([["openai", (response) => sendJson(response, answer)]], { admin, limits, cost: { prices: { "m-1": { input: 1, output: 1 } } } });
  await openai.chat.completions.create({ model: "chat", messages: [{ role: "user", content: "hello" }] });
  const get = async (at: string) => {
    const response = await fetch(url + at, { headers });
    return { status: response.status, text: await response.text() };
  };
  return { metrics: await get("/metrics"), state: await get("/admin/state") };
}

test.each([
  ["without settings", {}, {}],
  ["with a client's own key", { key: "env:KEY" }, { authorization: "Bearer vk-1" }],
  ["without the key", { key: "env:KEY" }, {}],
  ["where the key cannot be read", { key: "env:NO_SUCH_VARIABLE" }, { authorization: "Bearer sk-secret" }],
])("adminAccess: %s, /metrics is refused and /admin/state names no team", async (_, admin, headers) => {
  const { metrics, state } = await readWith(admin, headers as Record<string, string>);
  expect([metrics.status, JSON.parse(metrics.text)]).toMatchObject([401, { error: { code: "admin_key_required" } }]);
  const config = { hash: expect.any(String), loadedAtMs: expect.any(Number), reloads: 0, isRefused: false, refusedSinceMs: null, needsRestart: [] };
  const window = { unit: "requests", windowMs: 60_000, limit: 9, left: 8, untilMs: expect.any(Number), from: "shared" };
  expect([state.status, JSON.parse(state.text)]).toEqual([200, { inFlight: 0, breakers: [{ deployment: expect.any(String), state: "closed", reason: "", untilMs: null }], config, limits: [window] }]);
  expect(state.text).not.toMatch(/search|answers|usd/);
});

test.each([
  ["with the key", { key: "env:KEY" }, { authorization: "Bearer sk-secret" }],
  ["where it is open", { open: true }, {}],
])("adminAccess: %s, both show everything", async (_, admin, headers) => {
  const { metrics, state } = await readWith(admin, headers as Record<string, string>);
  expect([metrics.status, state.status]).toEqual([200, 200]);
  expect(metrics.text).toContain('team="search"');
  expect(JSON.parse(state.text)).toMatchObject({ limits: [{ team: "search", unit: "requests" }, { team: "search", unit: "usd" }], inFlight: 0 });
});

const foreign = { "a name that resolves to loopback": { host: "evil.test" }, "a page": { origin: "https://evil.test" }, "another server of this machine": { origin: "http://127.0.0.1:3000" } };

test.each(Object.entries(foreign))("forAdmins: %s reads neither metrics nor state over loopback, unless it has the key", async (_, headers) => {
  const app = (access: "open" | "by_key" | "refused") => {
    const core = { handle: async () => ({ status: 200, headers: {}, body: bodyOf() }), state: () => ({ inFlight: 3, retryBudgetTokens: 0, breakers: [] }), reportRegionShare: () => {} };
    const server = buildServer({ gateway: core, client: openaiClient, mayAdminister: async () => access, metricsHandler: (_request, response) => void response.end("metrics"), ready: () => true, onBug: () => {} });
    onTestFinished(() => server.close());
    return async (url: string) => (await server.inject({ url, headers: { host: "127.0.0.1:8080", ...headers } })).statusCode;
  };
  for (const url of ["/metrics", "/admin/state"]) {
    expect([url, await app("open")(url), await app("refused")(url), await app("by_key")(url)]).toEqual([url, 403, 403, 200]);
  }
});

test("forAdmins: over a network, where a gateway has names of its own, its Host decides nothing", async () => {
  const core = { handle: async () => ({ status: 200, headers: {}, body: bodyOf() }), state: () => ({ inFlight: 3, retryBudgetTokens: 0, breakers: [] }), reportRegionShare: () => {} };
  const server = buildServer({ gateway: core, client: openaiClient, mayAdminister: async () => "open", metricsHandler: (_, response) => void response.end("metrics"), ready: () => true, onBug: () => {} });
  onTestFinished(() => server.close());
  expect((await server.inject({ url: "/metrics", remoteAddress: "192.0.2.7", headers: { host: "gateway:8080" } })).statusCode).toBe(200);
});

test("openState: windows are read on this machine only, and not through a proxy on it", async () => {
  const limits = [{ team: "search", unit: "tokens" as const, windowMs: 1, limit: 9, left: 3, untilMs: 1, from: "local" as const }];
  const core = { handle: async () => ({ status: 200, headers: {}, body: bodyOf() }), state: () => ({ inFlight: 3, retryBudgetTokens: 0, breakers: [], limits }), reportRegionShare: () => {} };
  const server = buildServer({ gateway: core, client: openaiClient, mayAdminister: async () => "refused", metricsHandler: () => {}, ready: () => true, onBug: () => {} });
  onTestFinished(() => server.close());
  const read = async (remoteAddress: string, headers: Record<string, string> = {}) => (await server.inject({ url: "/admin/state", remoteAddress, headers: { host: "127.0.0.1:8080", ...headers } })).json() as unknown;
  const [{ team: _, ...window }] = limits as [(typeof limits)[0]];
  expect(await read("127.0.0.1")).toEqual({ inFlight: 3, breakers: [], limits: [window] });
  expect(await read("192.0.2.7")).toEqual({ inFlight: 3, breakers: [] });
  for (const header of ["forwarded", "via", "x-forwarded-for", "x-real-ip"]) expect(await read("127.0.0.1", { [header]: "192.0.2.7" })).toEqual({ inFlight: 3, breakers: [] });
});

test.each([
  ["with the key", "by_key", "192.0.2.7", [0.5]],
  ["of an open gateway's own machine", "open", "127.0.0.1", [0.5]],
  ["of another machine without a key", "open", "192.0.2.7", []],
  ["where nobody has access", "refused", "127.0.0.1", []],
] as const)("buildServer: the share of a region that an edge reports %s", async (_, access, remoteAddress, reported) => {
  const shares: number[] = [];
  const core = { handle: async () => ({ status: 200, headers: {}, body: bodyOf() }), state: () => ({ inFlight: 0, retryBudgetTokens: 0, breakers: [] }), reportRegionShare: (share: number) => void shares.push(share) };
  const server = buildServer({ gateway: core, client: openaiClient, mayAdminister: async () => access, metricsHandler: () => {}, ready: () => true, onBug: () => {} });
  onTestFinished(() => server.close());
  const answer = await server.inject({ url: "/health/ready", remoteAddress, headers: { host: "127.0.0.1:8080", "x-blastlab-region-share": "0.5" } });
  expect([answer.statusCode, shares]).toEqual([200, reported]);
});

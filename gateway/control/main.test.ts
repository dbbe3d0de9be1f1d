import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { untilPasses } from "../../test/support/until-passes.ts";

/** A provider that names the model that it was made with, whatever it is asked for. */
async function provider(model: string): Promise<string> {
  const server = createServer(async (request, response) => {
    await json(request);
    const message = { role: "assistant", content: "ready" };
    const answer = { id: "chatcmpl-1", object: "chat.completion", created: 1, model, choices: [{ index: 0, message, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

interface Status {
  readonly active: { readonly package: { readonly hash: string; readonly version: number } } | null;
  readonly rollout: { readonly phase: string; readonly waitMs?: number } | null;
  readonly publicKey: string;
}

interface Entry {
  readonly package: { readonly hash: string };
  readonly state: string;
  readonly reached: number;
  readonly reason: string | null;
}

async function control(folder: string, settings: object = {}) {
  const file = path.join(folder, "control.json");
  const steps = [{ share: 0.05, requestsMin: 20, msMin: 0 }, { share: 1, requestsMin: 20, msMin: 0 }];
  writeFileSync(file, JSON.stringify({ region: "a", folder: path.join(folder, "state"), planeKey: "env:PLANE", operatorKey: "env:OPERATOR", folderKey: "env:FOLDER", steps, ...settings }));
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "main.ts"), "--config", file], { env: { ...process.env, PLANE: "plane-key", OPERATOR: "operator-key", FOLDER: "folder-key", PROVIDER: "sk-provider" }, stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr.on("data", (part) => (log += String(part)));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { url, message } = JSON.parse(line.toString()) as { readonly url?: string; readonly message?: string };
  if (url === undefined) throw new Error(message);
  const call = async (method: "GET" | "POST", to: string, body?: object, key = "operator-key") => {
    const response = await fetch(url + to, { method, headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) }, ...(body && { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, body: (text === "" ? null : JSON.parse(text)) as never };
  };
  const status = async (): Promise<Status> => (await call("GET", "/v1/status")).body;
  const last = async (): Promise<Entry> => ((await call("GET", "/v1/history")).body as Entry[]).at(-1)!;
  const settled = () => untilPasses(async () => expect((await status()).rollout?.phase ?? "none").not.toMatch(/checking|identity/), 100);
  const push = async (config: object, changes: object = {}) => {
    const parent = (await status()).active?.package.hash ?? null;
    const pushed = await call("POST", "/v1/push", { config, parent, who: "ann", why: "test", ...changes });
    if (pushed.status === 200) await settled();
    return pushed;
  };
  const kill = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { call, status, last, push, kill, log: () => log };
}

function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "control plane "));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function world() {
  const [one, two] = await Promise.all([provider("m-1"), provider("m-2")]);
  const deployments = [
    { name: "primary", dialect: "openai", model: "m-1", baseUrl: one, credential: "env:PROVIDER" },
    { name: "fallback", dialect: "openai", model: "m-2", baseUrl: two, credential: "env:PROVIDER" },
  ] as const;
  const config = { keys: [{ key: "vk-1", team: "search", feature: "answers" }], deployments, routes: [{ name: "chat", deployments: ["primary", "fallback"] }] };
  const identities = { primary: { model: "m-1", endpointHost: new URL(one).host, answerPattern: "ready" }, fallback: { model: "m-2", endpointHost: new URL(two).host } };
  return { config, identities, one, two };
}

const reportOf = (evidence: readonly (readonly [hash: string, requests: number, bad: number])[]) => ({
  plane: "p1",
  boot: "1",
  atMs: 1,
  current: null,
  candidate: null,
  packages: [],
  evidence: evidence.map(([hash, requests, bad]) => ({ hash, sinceMs: 0, requests, bad, rejected: 0 })),
  diskTrouble: null,
});

test("control plane: packages that check, size, compare-and-set or identity can see are offered to no data plane", async () => {
  const { config, identities, one, two } = await world();
  const a = await control(scratch(), { identities });
  expect((await a.push(config)).status).toBe(200);
  expect(await a.last()).toMatchObject({ reason: null, state: "active" });
  const first = (await a.status()).active!.package.hash;
  const [primary, fallback] = config.deployments;
  const swapped = { ...config, deployments: [{ ...primary, baseUrl: two, model: "m-2" }, { ...fallback, baseUrl: one, model: "m-1" }] };
  await a.push(swapped);
  expect(await a.last()).toMatchObject({ state: "refused", reached: 0, reason: expect.stringContaining("contradicted for primary: endpoint host is") });
  await a.push({ ...config, policy: { deadlines: { firstTokenMs: "soon" } } });
  expect(await a.last()).toMatchObject({ state: "refused", reached: 0, reason: expect.stringContaining("policy.deadlines.firstTokenMs") });
  await a.push({ ...config, deployments: [{ ...primary, model: "" }, fallback] });
  expect(await a.last()).toMatchObject({ state: "refused", reached: 0, reason: expect.stringContaining("deployments[0].model") });
  await a.push({ ...config, listen: { port: 1 } });
  expect(await a.last()).toMatchObject({ state: "refused", reached: 0, reason: expect.stringContaining("listen: belongs to") });
  const big = { ...config, routes: [...config.routes, ...Array.from({ length: 50 }, (_, index) => ({ name: `more-${index}`, deployments: ["primary"] }))] };
  expect(await a.push(big)).toMatchObject({ status: 409, body: { error: { code: "too_large", forcible: true } } });
  expect(await a.push({ ...config, heartbeatMs: 9_000 }, { version: 1 })).toMatchObject({ status: 409, body: { error: { code: "older" } } });
  expect(await a.push({}, { force: false })).toMatchObject({ status: 409, body: { error: { code: "empty" } } });
  expect(await a.push({ ...config, heartbeatMs: 9_000 }, { parent: null })).toMatchObject({ status: 409, body: { error: { code: "parent_mismatch" } } });
  expect((await a.call("GET", "/v1/feed?plane=p1", undefined, "plane-key")).body).toMatchObject({ current: { hash: first, version: 1, config }, candidate: null });
});

test("control plane: a push goes from step to step by the reports of data planes, survives a kill, and another region waits for its receipt", async () => {
  const { config, identities } = await world();
  const folder = scratch();
  const a = await control(folder, { identities });
  await a.push(config);
  const first = (await a.status()).active!.package.hash;
  await a.call("POST", "/v1/acks", { plane: "p1", hash: first, accepted: true }, "plane-key");
  await a.push({ ...config, heartbeatMs: 9_000 });
  const second = (await a.last()).package.hash;
  await a.call("POST", "/v1/reports", reportOf([[first, 10, 0], [second, 3, 0]]), "plane-key");
  await a.kill();
  appendFileSync(path.join(folder, "state", "journal.ndjson"), '{"sequence":99,"torn');
  const again = await control(folder, { identities: {} });
  expect(again.log()).toContain("journal_torn");
  expect((await again.call("GET", `/v1/feed?plane=p1&have=${first}`, undefined, "plane-key")).body).toMatchObject({ current: { hash: first }, candidate: { package: { hash: second }, share: 0.05 } });
  const held = again.call("GET", `/v1/feed?plane=p1&have=${first},${second}&waitMs=20000&seen=${encodeURIComponent(`${first}/${second}/0.05`)}`, undefined, "plane-key");
  await again.call("POST", "/v1/reports", reportOf([[first, 400, 0], [second, 21, 0]]), "plane-key");
  expect((await held).body).toMatchObject({ candidate: { package: { hash: second }, share: 1 } });
  await again.call("POST", "/v1/reports", reportOf([[first, 400, 0], [second, 60, 0]]), "plane-key");
  expect(await again.status()).toMatchObject({ active: { package: { hash: second, version: 2 } }, rollout: null });
  expect(await again.call("GET", `/v1/receipts/${second}`)).toMatchObject({ status: 409, body: { error: { code: "receipt_baking" } } });

  const b = await control(scratch(), { identities, region: "b", receiptFrom: { region: "a", publicKey: (await again.status()).publicKey } });
  const bad = { ...config, heartbeatMs: 9_000 };
  expect(await b.push(bad)).toMatchObject({ status: 409, body: { error: { code: "receipt_missing" } } });
  const receipt = { region: "a", hash: second, content: second, step: 1, startedAtMs: 0, reachedAtMs: 0, signedAtMs: Date.now(), signature: "" };
  expect(await b.push(bad, { receipt })).toMatchObject({ status: 409, body: { error: { code: "receipt_invalid" } } });
  expect(await b.push(bad, { force: true })).toMatchObject({ status: 200 });
  expect((await b.status()).rollout).toMatchObject({ phase: "waiting" });
  expect((await b.status()).rollout!.waitMs).toBeGreaterThan(50_000);
  expect((await b.call("POST", "/v1/rollback", { who: "ann", why: "changed my mind" })).body).toEqual({ result: "cancelled" });
  expect((await b.call("GET", "/v1/feed?plane=p9", undefined, "plane-key")).body).toMatchObject({ current: null, candidate: null });
});

test("control plane: it does not start on a copy of another region's folder, nor on a journal that was edited", async () => {
  const { config, identities } = await world();
  const folder = scratch();
  const a = await control(folder, { identities });
  await a.push(config);
  await a.kill();
  const copy = scratch();
  cpSync(path.join(folder, "state"), path.join(copy, "state"), { recursive: true });
  await expect(control(copy, { region: "b" })).rejects.toThrow('not begun by region "b"');
  const journal = path.join(folder, "state", "journal.ndjson");
  writeFileSync(journal, readFileSync(journal, "utf8").replace('"who":"ann"', '"who":"bob"'));
  await expect(control(folder)).rejects.toThrow("of the journal was changed");
});

test("control plane: a data plane's key cannot push, no key reads nothing, and the journal on disk holds no key", async () => {
  const folder = scratch();
  const a = await control(folder);
  const push = { config: { routes: [] }, parent: null, who: "ann", why: "test" };
  expect((await a.call("POST", "/v1/push", push, "plane-key")).status).toBe(403);
  expect((await a.call("GET", "/v1/status", undefined, "other")).status).toBe(401);
  expect(await a.call("POST", "/v1/push", { ...push, parent: "x" })).toMatchObject({ status: 400, body: { error: { code: "request_invalid" } } });
  expect(await a.call("POST", "/v1/push", push)).toMatchObject({ status: 409, body: { error: { code: "empty" } } });
  expect(readFileSync(path.join(folder, "state", "journal.ndjson"), "utf8")).not.toMatch(/plane-key|operator-key/);
});

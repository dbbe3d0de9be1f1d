import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../gateway/http/config-file.ts";
import { referenceConfig } from "../lab/systems/reference.ts";
import { linkOrigin, virtualConfig } from "../lab/virtual/system.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 120_000 };
const epochMs = Date.UTC(2026, 0, 1);
const scenarios = readdirSync(path.resolve(import.meta.dirname, "../scenarios")).flatMap((file) => (file.endsWith(".yaml") ? [path.basename(file, ".yaml")] : []));

test.each(scenarios)("virtualConfig: it is what the live gateway's process reads from its file, whole: %s", (name) => {
  const { plan, gateway: settings } = planOf(name);
  const links = new Map(plan.deployments.map((deployment, index) => [deployment.name, `http://127.0.0.1:${9_000 + index}`]));
  const origins = new Map([...links].map(([deployment, origin]) => [origin, linkOrigin(deployment)]));
  const text = JSON.stringify(referenceConfig({ plan, settings, links, epochMs }));
  const live = parseConfig(text.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, (origin) => origins.get(origin)!), "gateway.json");
  expect(virtualConfig(plan, settings, epochMs)).toEqual(live);
});

test("runVirtual: a limit of one request an hour lets one request of each team through", slow, async () => {
  const { records } = await playVirtually(planOf("healthy", { "gateway.limits": "{ rules: [{ team: '*', windowMs: 3600000, requests: 1 }] }" }));
  const answered = records.client.filter(({ status }) => status === 200).map(({ team }) => team);
  expect(answered.toSorted()).toEqual([...new Set(records.client.map(({ team }) => team))].sort());
  expect(records.client.filter(({ status }) => status === 429).length).toBe(records.client.length - answered.length);
});

test("runVirtual: requests above concurrencyMax are refused, and no more than that are under way", slow, async () => {
  const { records } = await playVirtually(planOf("healthy", { "gateway.concurrencyMax": "1" }));
  const refused = records.client.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(10);
  expect(refused.length).toBeLessThan(records.client.length);
});

test.each([
  ["a misspelt setting", { "gateway.concurencyMax": "5" }, 'gateway: Unrecognized key: "concurencyMax"'],
  ["a value out of range", { "gateway.concurrencyMax": "0" }, "gateway.concurrencyMax: Too small"],
  ["a limit for a team without a key", { "gateway.limits": "{ rules: [{ team: nobody, windowMs: 1000, requests: 1 }] }" }, "gateway.limits.rules[0].team: No key is of team"],
  ["a setting that the plan decides", { "gateway.region": "elsewhere" }, "Cannot set gateway.region: the lab derives it from the plan"],
  ["Redis", { "gateway.store": "{ kind: redis, url: 'redis://127.0.0.1:6379' }" }, "gateway.store.kind: the virtual network has no Redis"],
  ["a remote embedder", { "gateway.cache.semantic.embedder": "{ kind: openai, baseUrl: 'http://127.0.0.1:9/v1', model: m, credential: 'env:E' }" }, "gateway.cache.semantic.embedder.kind: the virtual network has no embedding server"],
  ["a remote inspector", { "gateway.guards.injection.inspector": "{ kind: http, url: 'http://127.0.0.1:9/' }" }, "gateway.guards.injection.inspector.kind: the virtual network has no inspector"],
])("runVirtual: %s is refused by its path before anything runs", async (_, sets, message) => {
  await expect(playVirtually(planOf("healthy", sets))).rejects.toMatchObject({ name: "LabError", exit: "refused", message: expect.stringContaining(message) });
});

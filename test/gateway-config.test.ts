import { expect, test } from "vitest";
import { parseConfig } from "../gateway/http/config-file.ts";
import { LabError } from "../kernel/errors.ts";
import { componentsOf } from "../kernel/topology.ts";
import { scenarioNames, stackNames } from "../lab/plan/library.ts";
import { referenceConfig } from "../lab/systems/reference.ts";
import { linkOrigin, virtualConfig } from "../lab/virtual/config.ts";
import { planOf, playVirtually } from "./support/virtual.ts";

const slow = { timeout: 240_000 };
const epochMs = Date.UTC(2026, 0, 1);
const stacks = stackNames().filter((stack) => !stack.includes("-without-"));
const cases = [
  ...scenarioNames().flatMap((scenario) => stacks.filter((stack) => isApplicable(scenario, stack)).map((stack) => [scenario, stack] as const)),
  ...stackNames().filter((stack) => !stacks.includes(stack)).map((stack) => ["healthy", stack] as const),
];

/** Whether the stack has the parts that the scenario breaks. */
function isApplicable(scenario: string, stack: string): boolean {
  try {
    planOf(scenario, {}, undefined, stack);
    return true;
  } catch (error) {
    if (error instanceof LabError && error.code === "not_applicable") return false;
    throw error;
  }
}

test("virtualConfig: nearly every scenario can be played on every stack", () => {
  expect(cases.length).toBeGreaterThan(0.8 * scenarioNames().length * stacks.length);
});

test.each(cases)("virtualConfig: it is what the live gateway's process reads from its file, whole: %s on %s", (scenario, stackName) => {
  const { plan, stack } = planOf(scenario, {}, undefined, stackName);
  for (const component of componentsOf(plan, "gateway")) {
    const links = new Map(plan.links.map(({ id }, index) => [id, `http://127.0.0.1:${9_000 + index}`]));
    const origins = new Map([...links].map(([id, origin]) => [origin, linkOrigin(id)]));
    const text = JSON.stringify(referenceConfig({ plan, stack, links, epochMs, directory: { disk: (id) => id } }, component));
    const live = parseConfig(text.replaceAll(/(http|redis)(:\/\/127\.0\.0\.1:\d+)/g, (_, scheme: string, rest: string) => origins.get(`http${rest}`)!.replace("http", scheme)), "gateway.json");
    expect(virtualConfig({ plan, component, settings: stack.gateway, epochMs })).toEqual(live);
  }
});

test("runVirtual: a limit of one request an hour lets one request of each team through", slow, async () => {
  const { records } = await playVirtually(planOf("healthy", { "stack.gateway.limits": "{ rules: [{ team: '*', windowMs: 3600000, requests: 1 }] }" }));
  const answered = records.client.filter(({ status }) => status === 200).map(({ team }) => team);
  const probed = records.canary.filter(({ ok }) => ok);
  const teams = new Set(records.client.map(({ team }) => team));
  expect(new Set(answered).size).toBe(answered.length);
  // The observer's probes carry the key of one team, and draw on its limit.
  expect(answered.length + probed.length).toBe(teams.size);
  expect(records.client.filter(({ status }) => status === 429).length).toBe(records.client.length - answered.length);
});

test("runVirtual: requests above concurrencyMax are refused, and no more than that are under way", slow, async () => {
  const { records } = await playVirtually(planOf("healthy", { "stack.gateway.concurrencyMax": "1" }));
  const refused = records.client.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(10);
  expect(refused.length).toBeLessThan(records.client.length);
});

test.each([
  ["a misspelt setting", { "stack.gateway.concurencyMax": "5" }, 'gateway: Unrecognized key: "concurencyMax"'],
  ["a value out of range", { "stack.gateway.concurrencyMax": "0" }, "gateway.concurrencyMax: Too small"],
  ["a limit for a team without a key", { "stack.gateway.limits": "{ rules: [{ team: nobody, windowMs: 1000, requests: 1 }] }" }, "gateway.limits.rules.0.team: No key is of team"],
  ["a setting that the plan decides", { "stack.gateway.region": "elsewhere" }, "gateway.region: The lab derives it from scenario and stack"],
  ["Redis", { "stack.gateway.store": "{ kind: redis, url: 'redis://127.0.0.1:6379' }" }, "gateway.store.kind: the virtual network has no Redis"],
  ["a remote embedder", { "stack.gateway.cache.semantic.embedder": "{ kind: openai, baseUrl: 'http://127.0.0.1:9/v1', model: m, credential: 'env:BLASTLAB_SIMULATOR_KEY' }" }, "gateway.cache.semantic.embedder.kind: the virtual network has no embedding server"],
  ["a remote inspector", { "stack.gateway.guards.injection.inspector": "{ kind: http, url: 'http://127.0.0.1:9/' }" }, "gateway.guards.injection.inspector.kind: the virtual network has no inspector"],
])("runVirtual: %s is refused by its path before anything runs", async (_, sets, message) => {
  await expect((async () => playVirtually(planOf("healthy", sets)))()).rejects.toMatchObject({ name: "LabError", exit: "refused", message: expect.stringContaining(message) });
});

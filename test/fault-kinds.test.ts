import { expect, test } from "vitest";
import { z } from "zod";
import { VirtualClock } from "../kernel/clock-virtual.ts";
import type { Fault } from "../kernel/fault.ts";
import type { FaultRecord } from "../kernel/records.ts";
import { neverSignal } from "../kernel/signal.ts";
import { advance, emptyBoard, troublesNow } from "../lab/board/state.ts";
import type { FaultAct } from "../lab/conductor/core/fault-act.ts";
import { RecordingWorld } from "../lab/conductor/core/recording-world.fixture.ts";
import { playFaults } from "../lab/conductor/core/play-faults.ts";
import type { World } from "../lab/conductor/core/world.ts";
import { actOf, faultActs } from "../lab/faults/index.ts";
import { resolvePlan } from "../lab/plan/resolve.ts";
import { containmentOf } from "../observer/measure/radius.ts";
import { faultPlanners } from "../scenarios/faults/index.ts";
import { plannerOf, spanFields, spanOf } from "../scenarios/faults/fault-planner.ts";
import { parseScenario, parseStack } from "../scenarios/parse.ts";
import { live } from "../lab/board/fixtures/run.ts";

const stacks = {
  one: parseStack("name: one\ntitle: One", "one.yaml"),
  many: parseStack("name: many\ntitle: Many\nregions: [east, west]\nreplicas: 2\nstore: redis\ncollector: true\ngateway: { cache: {} }", "many.yaml"),
};

const scenarioText = `
name: kinds
title: Kinds
timeline: { warmupMs: 1000, steadyMs: 1000, recoveryMs: 1000 }
workload:
  requestsPerSecond: 1
  cells:
    - { team: support, feature: chat, region: eu, route: assistant, slo: { firstTokenMs: 1000, totalMs: 2000 } }
    - { team: legal, feature: review, region: us, route: careful, slo: { firstTokenMs: 1000, totalMs: 2000 } }
deployments:
  - { name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini }
  - { name: fallback, provider: anthropic, dialect: anthropic, model: claude-3-5-haiku-20241022, latency: claude-3.5-haiku }
routes: [{ name: assistant, deployments: [primary, fallback] }, { name: careful, deployments: [fallback] }]
`;

function planned(fault: object, stack: keyof typeof stacks = "one", sets: Readonly<Record<string, string>> = {}): readonly Fault[] {
  const overrides = Object.entries({ faults: JSON.stringify([fault]), ...sets }).map(([path, value]) => ({ path, value }));
  return resolvePlan({ scenario: parseScenario(`${scenarioText}faults: []\n`, "kinds.yaml", overrides), stack: stacks[stack], run: "test", incidents: [] }).plan.faults;
}

const span = { fromMs: 500, lengthMs: 10_000 };
const [eu, us] = ["support/chat/eu", "legal/review/us"];

test.each([
  [{ kind: "outage", name: "down", deployments: ["primary"], phases: [{ lengthMs: 10_000, errorRate: 0.5 }] }, 'Outage "down" on primary', ["provider-primary"], [], [eu]],
  [{ kind: "toxic", deployment: "fallback", toxic: "latency", attributes: { latency: 9 }, ...span }, "latency downstream on the link from the gateway to fallback: latency 9", [], ["gateway~provider-fallback"], [eu, us]],
  [{ kind: "link_down", link: { from: { role: "client", region: 1 }, to: { role: "gateway" } }, ...span }, "Connection refused on the link from the clients of region 1 to the gateway", [], ["client-eu~gateway"], [eu]],
  [{ kind: "partition", between: [{ role: "gateway" }], and: [{ role: "provider" }], ...span }, "Partition: the gateway from the provider", [], ["gateway~provider-primary", "gateway~provider-fallback"], [eu, us]],
  [{ kind: "dns", deployment: "primary", answer: "nxdomain", ...span }, "Name not found on the link from the gateway to primary", [], ["gateway~provider-primary"], [eu]],
  [{ kind: "process", action: "kill", target: { role: "gateway" }, ...span }, "The gateway killed", ["gateway"], [], [eu, us]],
  [{ kind: "config_push", change: "blank_field", ...span }, "Region 1 is pushed a configuration with blank fields", ["gateway"], [], [eu, us]],
  [{ kind: "cache_flush" }, "The answer cache of the gateway is emptied", ["gateway"], [], [eu, us]],
  [{ kind: "defect", defect: "leak", share: 0.2, teams: ["legal"], ...span }, "The gateway gives answers of other teams (20 % of requests)", ["gateway"], [], [us]],
])("planFaults: %j has its title, its sites and the cells that it reaches", (fault, title, components, links, cells) => {
  const [plan] = planned(fault);
  expect(plan).toMatchObject({ title, target: { components, links }, affects: { cells }, lifted: true, always: false });
  expect(plan!.id).toMatch(/^[a-z0-9-]+$/);
});

test.each([
  [{ kind: "process", action: "restart", target: { role: "gateway", region: 2, replica: 1 } }, ["gateway-west-1"], [], [us]],
  [{ kind: "toxic", link: { from: { role: "gateway", region: 1 }, to: { role: "store" } }, toxic: "latency", ...span }, [], ["gateway-east-1~store-east", "gateway-east-2~store-east"], [eu]],
  [{ kind: "dependency", role: "collector", region: 2, state: "down", ...span }, ["collector-west"], ["gateway-west-1~collector-west", "gateway-west-2~collector-west"], [us]],
])("planFaults: %j finds its sites on a stack of two regions with two gateways each", (fault, components, links, cells) => {
  expect(planned(fault, "many")).toMatchObject([{ target: { components, links }, affects: { cells } }]);
});

test.each([
  [{ kind: "dependency", role: "store", state: "down", ...span }, "it has no store"],
  [{ kind: "process", action: "pause", target: { role: "edge" }, ...span }, "it has no edge"],
  [{ kind: "process", action: "pause", target: { role: "gateway", region: 2 }, ...span }, "it has no gateway in region 2"],
  [{ kind: "process", action: "kill", target: { role: "client" }, ...span }, "no fault stops"],
  [{ kind: "link_down", link: { from: { role: "client" }, to: { role: "provider" } }, ...span }, "no link leads from the clients to the provider"],
])("planFaults: %j is not applicable to a stack that lacks its part, never left out", (fault, message) => {
  expect(() => planned(fault)).toThrow(expect.objectContaining({ exit: "refused", code: "not_applicable", message: expect.stringContaining(message) as string }) as Error);
});

test("planFaults: a deploy rolls over the gateways of all regions, one after the other, each in a moment", async () => {
  const faults = planned({ kind: "process", action: "roll", target: { role: "gateway" }, everyMs: 5_000 }, "many");
  expect(faults.map(({ title, fromMs, toMs, target }) => [title, fromMs, toMs - fromMs, target.components])).toEqual(
    ["gateway-east-1", "gateway-east-2", "gateway-west-1", "gateway-west-2"].map((id, index) => [`${id.replace("g", "G")} stopped and started again by a deploy`, 2_000 + 5_000 * index, 0, [id]]),
  );
  const world = new RecordingWorld(new VirtualClock());
  await actOf(faults[1]!).inject(faults[1]!, world);
  await actOf(faults[1]!).lift(faults[1]!, world);
  expect(world.log.map((line) => line.replace(/^\S+ ms: |^\d+ /, ""))).toEqual(["stop gateway-east-2", "start gateway-east-2"]);
});

test("planFaults: forever is never lifted and ends with the run; always needs a paired control", () => {
  const defect = { kind: "defect", defect: "mix_up", share: 0.1 };
  expect(planned({ ...defect, lengthMs: "forever" })).toMatchObject([{ fromMs: 2_000, toMs: 3_000, lifted: false, always: false }]);
  expect(planned({ ...defect, start: "always" }, "one", { "measure.control": "paired" })).toMatchObject([{ fromMs: 0, toMs: 3_000, lifted: false, always: true }]);
  expect(() => planned({ ...defect, start: "always" })).toThrow(expect.objectContaining({ exit: "refused", code: "control_needed" }) as Error);
});

test.each([
  [{ kind: "defect", defect: "leak" }, "Say how long it lasts"],
  [{ kind: "defect", defect: "leak", start: "always", lengthMs: 1 }, "no fromMs and no lengthMs"],
  [{ kind: "defect", defect: "slow", lengthMs: 1 }, "slow has delayMs"],
  [{ kind: "toxic", toxic: "latency", lengthMs: 1 }, "Give deployment or link"],
  [{ kind: "toxic", toxic: "latency", deployment: "primary", attributes: { rate: 1 }, lengthMs: 1 }, "Toxic latency has latency, jitter"],
  [{ kind: "process", action: "restart", target: { role: "gateway" }, lengthMs: 1 }, "A restart is momentary"],
  [{ kind: "process", action: "memory_limit", target: { role: "gateway" }, lengthMs: 1 }, "memory_limit has memoryMb"],
  [{ kind: "process", action: "roll", target: { role: "gateway" } }, "roll has everyMs"],
  [{ kind: "process", action: "roll", target: { role: "gateway" }, everyMs: 5000, lengthMs: 1 }, "A restart is momentary"],
  [{ kind: "defect", defect: "exhaust", lengthMs: 1 }, "exhaust has requests"],
  [{ kind: "link_down", deployment: "nobody", lengthMs: 1 }, 'Unknown deployment "nobody"'],
  [{ kind: "partition", between: [{ role: "gateway" }], and: [{ role: "provider", deployment: "nobody" }], lengthMs: 1 }, 'Unknown deployment "nobody"'],
])("faults: %j is refused with its reason", (fault, message) => {
  expect(() => planned(fault)).toThrow(expect.objectContaining({ code: "scenario_invalid", message: expect.stringContaining(message) as string }) as Error);
});

/** A kind that the lab does not have: its planner, its act, and nothing else. */
const solarFlare = plannerOf(z.strictObject({ kind: z.literal("solar_flare"), ...spanFields }).describe("A fixture"), (fault, context) => [
  { name: "flare", title: "A solar flare on the gateway", span: spanOf(fault, context), target: { components: ["gateway"], links: [] }, signature: { causes: ["error"] }, settings: {} },
]);

test("a new kind: two registries know it, and neither conductor, board nor observer asks what it is", async () => {
  const scenario = parseScenario(`${scenarioText}faults: []\n`, "kinds.yaml");
  const faults = [{ kind: "solar_flare", fromMs: 0, lengthMs: 500 }] as unknown as typeof scenario.faults;
  const { plan } = resolvePlan({ scenario: { ...scenario, faults }, stack: stacks.one, run: "test", incidents: [], planners: { ...faultPlanners, solar_flare: solarFlare } });
  const done: string[] = [];
  const act: FaultAct<unknown> = { inject: async ({ id }) => void done.push(`inject ${id}`), lift: async ({ id }) => void done.push(`lift ${id}`) };
  const acts = { ...(faultActs as unknown as Record<string, FaultAct<unknown>>), solar_flare: act };
  const clock = new VirtualClock();
  const records: FaultRecord[] = [];
  const play = playFaults({ plan, world: { onStart: () => undefined } as unknown as World, actOf: (fault) => actOf(fault, acts), clock, emit: (record) => void records.push(record), signal: neverSignal });
  await clock.run();
  await play.done;
  expect(done).toEqual(["inject flare", "lift flare"]);
  const board = [{ type: "plan", plan, directory: "", load: "embedded", network: "embedded" } as const, { type: "live", live } as const, { type: "fault", record: records[0]! } as const].reduce(advance, emptyBoard);
  expect(troublesNow(board)).toEqual(["A solar flare on the gateway"]);
  expect(containmentOf(plan, [{ cell: eu, fromMs: 0, toMs: 10_000, requests: 30, bad: 30, state: "bad" }])).toBe(1);
});

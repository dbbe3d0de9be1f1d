import { effectKinds } from "../../kernel/effects.ts";
import { resolvePlan } from "../../lab/plan/resolve.ts";
import { loadIncidents } from "../../lab/plan/incidents.ts";
import { openStack } from "../../lab/plan/library.ts";
import { attributed } from "../../observer/measure/attribution.ts";
import { classify } from "../../observer/measure/classify.ts";
import { knowledgeOf } from "../../observer/measure/knowledge.ts";
import { parseScenario, parseStack } from "../../scenarios/parse.ts";
import { playVirtually } from "./virtual.ts";

/**
 * One kind of fault in a small world, beside faults that have nothing to do with it: two cells that the planted fault can reach, and a third whose only
 * provider is ill and slow to reach at the same time. Some 580 requests.
 */
const world = `
name: planted
title: One fault is planted, and others are bystanders
timeline: { warmupMs: 1000, steadyMs: 12000, recoveryMs: 24000 }
workload:
  requestsPerSecond: 10
  streamShare: 0.5
  prompts: { distinct: 60, zipf: 0.5 }
  maxTokens: { median: 12, sigma: 0.2, min: 8, max: 20 }
  cells:
    - { team: support, feature: chat, share: 2, route: alone, slo: { firstTokenMs: 4000, totalMs: 8000 } }
    - { team: sales, feature: draft, share: 2, route: paired, slo: { firstTokenMs: 4000, totalMs: 8000 } }
    - { team: search, feature: answer, share: 1, route: elsewhere, slo: { firstTokenMs: 4000, totalMs: 8000 } }
deployments:
  - { name: primary, provider: openai, dialect: openai, model: gpt-4o-mini, latency: gpt-4o-mini }
  - { name: fallback, provider: anthropic, dialect: anthropic, model: claude-3-5-haiku-20241022, latency: claude-3.5-haiku }
  - { name: other, provider: deepseek, dialect: openai, model: deepseek-chat, latency: gpt-4o-mini }
routes: [{ name: alone, deployments: [primary] }, { name: paired, deployments: [primary, fallback] }, { name: elsewhere, deployments: [other] }]
`;

/** Equal requests wait for the first one's answer. */
const cachedStack = "name: cached\ntitle: A gateway with a cache\ngateway: { cache: {}, contractCheck: true, policy: { rescue: null } }";

const lengthMs = 20_000;

const bystanders = [
  { kind: "outage", name: "bystander-outage", deployments: ["other"], phases: [{ lengthMs, errorRate: 0.4 }] },
  { kind: "toxic", deployment: "other", toxic: "latency", attributes: { latency: 3_000 }, lengthMs },
  { kind: "toxic", deployment: "other", toxic: "reset_peer", toxicity: 0.3, attributes: { timeout: 200 }, lengthMs },
];

type Attributed = ReturnType<typeof attributed>[number];

export interface PlayedPlant {
  /** Bad requests of the exposure in the two cells that the planted fault can reach. */
  readonly bad: readonly Attributed[];
  /** Those of the bystanders' cell. */
  readonly elsewhere: readonly Attributed[];
  /** Ids in the plan. */
  readonly planted: readonly string[];
  /** Whether the bystanders' cell is out of their reach. */
  readonly apart: boolean;
  readonly offered: number;
  /** Requests that a planted defect has touched, by the gateway's own events. */
  readonly touched: ReadonlySet<string>;
}

/** The faults, as a scenario writes them, played virtually among the bystanders, and what each bad request was attributed to. */
export async function playPlanted(faults: readonly object[], seed: number, stackName: string): Promise<PlayedPlant> {
  const scenario = parseScenario(`${world}faults: []\n`, "planted.yaml", [{ path: "faults", value: JSON.stringify([...faults, ...bystanders]) }]);
  const stack = parseStack(stackName === "cached" ? cachedStack : openStack(stackName).text, stackName);
  const { plan, arrivals } = resolvePlan({ scenario, stack, seed, run: "planted", incidents: loadIncidents() });
  const { records, events } = await playVirtually({ plan, arrivals, stack });
  const knowledge = knowledgeOf(plan, records, arrivals);
  const all = records.client.map((record) => classify(record, knowledge));
  const exposed = all.filter(({ state, record }) => state === "bad" && record.intendedMs >= plan.timeline.faultFromMs);
  const [elsewhere = [], bad = []] = [true, false].map((is) => attributed(plan, exposed, { faults: records.faults, all, knowledge }).filter(({ judged }) => (judged.record.route === "elsewhere") === is));
  const touched = new Set(events.flatMap((event) => (event.type === "defect_applied" ? event.requestIds : [])));
  const planted = plan.faults.slice(0, plan.faults.length - bystanders.length);
  const apart = planted.every(({ affects }) => !affects.routes.includes("elsewhere"));
  return { bad, elsewhere, planted: planted.map(({ id }) => id), apart, offered: arrivals.length, touched };
}

const outage = (phase: object) => [{ kind: "outage", name: "planted", deployments: ["primary"], phases: [{ lengthMs, ...phase }] }];
const toxic = (name: string, attributes: object, at: object = { deployment: "primary" }) => [{ kind: "toxic", toxic: name, attributes, lengthMs, ...at }];
const defect = (name: string, settings: object = {}) => [{ kind: "defect", defect: name, share: 0.4, lengthMs, ...settings }];
const kill = (action: string, target: object) => [{ kind: "process", action, target, lengthMs }];
const atClients = { link: { from: { role: "client" }, to: { role: "gateway" } } };
const toPrimary = { role: "provider", deployment: "primary" };

/** Every kind of fault that the virtual harness has on the stacks of the lab, in each way in which it can be. */
export const plants: Readonly<Record<string, readonly object[]>> = {
  "outage: 503": outage({ errorRate: 0.7 }),
  "outage: 500": outage({ errorRate: 0.7, statusMix: { "500": 1 } }),
  "outage: 429": outage({ errorRate: 0.7, statusMix: { "429": 1 } }),
  "outage: reset": outage({ errorRate: 0.7, statusMix: { reset: 1 } }),
  "outage: timeout": outage({ errorRate: 0.7, statusMix: { timeout: 1 } }),
  "outage: truncated": outage({ streamTruncationRate: 0.7 }),
  "outage: garbled": outage({ wrongOutputRate: 0.5 }),
  "outage: other model": outage({ wrongOutputRate: 0.5, wrongOutputKind: "other_model" }),
  "outage: slow": outage({ latencyFactor: 12 }),
  incident: [{ kind: "incident", incident: "openai-2024-11-09-lb-config", deployments: ["primary"], speed: 400 }],
  ...Object.fromEntries(effectKinds.map((kind) => [`effect: ${kind}`, outage({ effects: [kind === "fail_first" ? { kind, times: 6 } : { kind, share: 0.8 }] })])),
  "toxic: latency": toxic("latency", { latency: 5_000 }),
  "toxic: bandwidth": toxic("bandwidth", { rate: 0.1 }),
  "toxic: slow_close": toxic("slow_close", { delay: 5_000 }),
  "toxic: timeout": toxic("timeout", { timeout: 0 }),
  "toxic: timeout upstream": toxic("timeout", { timeout: 0 }, { deployment: "primary", stream: "upstream" }),
  "toxic: reset_peer": toxic("reset_peer", { timeout: 100 }),
  "toxic: slicer": toxic("slicer", { average_size: 20, size_variation: 5, delay: 200_000 }),
  "toxic: limit_data": toxic("limit_data", { bytes: 300 }),
  "toxic: limit_data upstream": toxic("limit_data", { bytes: 300 }, { deployment: "primary", stream: "upstream" }),
  "toxic: latency at the clients": toxic("latency", { latency: 5_000 }, atClients),
  "toxic: reset_peer at the clients": toxic("reset_peer", { timeout: 100 }, atClients),
  link_down: [{ kind: "link_down", deployment: "primary", lengthMs }],
  "link_down at the clients": [{ kind: "link_down", ...atClients, lengthMs }],
  partition: [{ kind: "partition", between: [{ role: "gateway" }], and: [toPrimary], lengthMs }],
  "partition at the clients": [{ kind: "partition", between: [{ role: "client" }], and: [{ role: "gateway" }], lengthMs }],
  // Connections that are open go on, so they are closed first.
  ...Object.fromEntries(
    ["nxdomain", "timeout", "stale"].map((answer) => [`dns: ${answer}`, [{ kind: "link_down", deployment: "primary", lengthMs: 300 }, { kind: "dns", deployment: "primary", answer, lengthMs }]]),
  ),
  "process: kill": kill("kill", { role: "gateway" }),
  "process: pause": kill("pause", { role: "gateway" }),
  "process: kill a provider": kill("kill", toPrimary),
  "process: pause a provider": kill("pause", toPrimary),
  "defect: corrupt": defect("corrupt"),
  "defect: leak": defect("leak"),
  "defect: slow": defect("slow", { delayMs: 5_000 }),
  "defect: mix_up": defect("mix_up"),
  "defect: fail": defect("fail"),
};

/** In this world they spoil no request. */
export const harmless: readonly string[] = ["effect: wrong_usage", "toxic: slow_close"];

import { effectKinds } from "../../kernel/effects.ts";

/** One kind of fault, and the world in which its damage shows. */
export interface Plant {
  /** As a scenario writes them. */
  readonly faults: readonly object[];
  /** The stacks on which it is played; every one of `plantedStacks` unless given. */
  readonly stacks?: readonly string[];
  /** Settings of the scenario besides, by path. */
  readonly sets?: Readonly<Record<string, unknown>>;
  /**
   * How it is found; `attribution` unless given. `harmless`: in this world it makes no request bad, and must not be
   * blamed for any.
   */
  readonly found?: "attribution" | "usage" | "counts" | "harmless";
}

/** How long every planted fault lasts, ms. */
export const plantedMs = 20_000;
const lengthMs = plantedMs;

const outage = (phase: object) => ({ faults: [{ kind: "outage", name: "planted", deployments: ["primary"], phases: [{ lengthMs, ...phase }] }] });
const toxic = (name: string, attributes: object, at: object = { deployment: "primary" }) => ({ faults: [{ kind: "toxic", toxic: name, attributes, lengthMs, ...at }] });
const defect = (name: string, settings: object = {}) => ({ faults: [{ kind: "defect", defect: name, share: 0.4, lengthMs, ...settings }] });
const process = (action: string, target: object) => ({ faults: [{ kind: "process", action, target, ...(action === "restart" ? {} : { lengthMs }) }] });
const configPush = (change: string): Plant => ({ faults: [{ kind: "config_push", change, lengthMs }] });
const atClients = { link: { from: { role: "client" }, to: { role: "gateway" } } };
const toPrimary = { role: "provider", deployment: "primary" };
const upstream = { deployment: "primary", stream: "upstream" };

const shares = (kind: string) => (kind === "fail_first" ? { kind, times: 6 } : { kind, share: 0.8 });
const effect = (kind: string): Plant => ({ ...outage({ effects: [shares(kind)] }), ...(kind === "wrong_usage" && { found: "usage" }) });
/** Connections that are open go on, so they are closed first. */
const dns = (answer: string): Plant => ({ faults: [{ kind: "link_down", deployment: "primary", lengthMs: 300 }, { kind: "dns", deployment: "primary", answer, lengthMs }] });
/** As many as the primary can answer while the cache has most of the answers, and no more. */
const capacity = { slots: 1, queueMax: 0, queueMsMax: 1, fullStatus: 503 };
const narrow = { "deployments.0.capacity": capacity, "deployments.1.capacity": capacity, "workload.prompts": { distinct: 12, zipf: 0 } };

/** Every kind of fault that the virtual harness has on the stacks of the lab, in each way in which it can be. */
export const plants: Readonly<Record<string, Plant>> = {
  "outage: 503": outage({ errorRate: 0.7 }),
  "outage: 500": outage({ errorRate: 0.7, statusMix: { "500": 1 } }),
  "outage: 429": outage({ errorRate: 0.7, statusMix: { "429": 1 } }),
  "outage: reset": outage({ errorRate: 0.7, statusMix: { reset: 1 } }),
  "outage: timeout": outage({ errorRate: 0.7, statusMix: { timeout: 1 } }),
  "outage: truncated": outage({ streamTruncationRate: 0.7 }),
  "outage: garbled": outage({ wrongOutputRate: 0.5 }),
  "outage: other model": outage({ wrongOutputRate: 0.5, wrongOutputKind: "other_model" }),
  "outage: slow": outage({ latencyFactor: 12 }),
  incident: { faults: [{ kind: "incident", incident: "openai-2024-11-09-lb-config", deployments: ["primary"], speed: 400 }] },
  ...Object.fromEntries(effectKinds.map((kind) => [`effect: ${kind}`, effect(kind)])),
  "toxic: latency": toxic("latency", { latency: 5_000 }),
  "toxic: bandwidth": toxic("bandwidth", { rate: 0.1 }),
  "toxic: slow_close": { ...toxic("slow_close", { delay: 5_000 }), found: "harmless" },
  "toxic: timeout": toxic("timeout", { timeout: 0 }),
  "toxic: timeout upstream": toxic("timeout", { timeout: 0 }, upstream),
  "toxic: reset_peer": toxic("reset_peer", { timeout: 100 }),
  "toxic: slicer": toxic("slicer", { average_size: 20, size_variation: 5, delay: 200_000 }),
  "toxic: limit_data": toxic("limit_data", { bytes: 300 }),
  "toxic: limit_data upstream": toxic("limit_data", { bytes: 300 }, upstream),
  "toxic: latency at the clients": toxic("latency", { latency: 5_000 }, atClients),
  "toxic: reset_peer at the clients": toxic("reset_peer", { timeout: 100 }, atClients),
  link_down: { faults: [{ kind: "link_down", deployment: "primary", lengthMs }] },
  "link_down at the clients": { faults: [{ kind: "link_down", ...atClients, lengthMs }] },
  partition: { faults: [{ kind: "partition", between: [{ role: "gateway" }], and: [toPrimary], lengthMs }] },
  "partition at the clients": { faults: [{ kind: "partition", between: [{ role: "client" }], and: [{ role: "gateway" }], lengthMs }] },
  "dns: nxdomain": dns("nxdomain"),
  "dns: timeout": dns("timeout"),
  "dns: stale": dns("stale"),
  "process: kill": process("kill", { role: "gateway" }),
  "process: pause": process("pause", { role: "gateway" }),
  "process: restart": process("restart", { role: "gateway" }),
  "process: roll": { faults: [{ kind: "process", action: "roll", target: { role: "gateway" }, everyMs: 8_000 }] },
  "process: kill a provider": process("kill", toPrimary),
  "process: pause a provider": process("pause", toPrimary),
  "dependency: slow store": { faults: [{ kind: "dependency", role: "store", state: "slow", slowMs: 6_000, lengthMs }], stacks: ["patient"] },
  "dependency: store down": { faults: [{ kind: "dependency", role: "store", state: "down", lengthMs }], stacks: ["divided"], sets: { "workload.clientsPerCell": 2, "workload.requestsPerSecond": 9.5 } },
  "config_push: swapped providers": configPush("swapped_providers"),
  "config_push: older version": configPush("older_version"),
  "config_push: kill switch": configPush("kill_switch"),
  cache_flush: { faults: [{ kind: "cache_flush" }], stacks: ["cached"], sets: narrow },
  clock_skew: { faults: [{ kind: "clock_skew", offsetMs: 400 * 86_400_000, lengthMs }], stacks: ["priced"] },
  "defect: corrupt": defect("corrupt"),
  "defect: leak": defect("leak"),
  "defect: slow": defect("slow", { delayMs: 5_000 }),
  "defect: mix_up": defect("mix_up"),
  "defect: fail": defect("fail"),
  "defect: exhaust": defect("exhaust", { share: 1, requests: 8 }),
  "defect: drift": defect("drift"),
  // It serves all the same.
  "defect: flap": { ...defect("flap", { periodMs: 1_000 }), stacks: ["hardened"], found: "harmless" },
  "defect: drop_telemetry": { ...defect("drop_telemetry"), found: "counts" },
};

const limits = (rule: object, storeMs = 25) => JSON.stringify({ rules: [{ team: "*", windowMs: 10_000, ...rule }], storeMs });
const policy = "policy: { rescue: null }";

/** Stacks that only a plant needs, as stack files. */
export const plantedStacks: Readonly<Record<string, string>> = {
  /**
   * Without a cache each answer is to one request: with one, another request's answer to the same question is right.
   */
  uncached: `name: uncached\ntitle: A gateway without a cache\ngateway: { contractCheck: true, ${policy} }`,
  /** Equal requests wait for the first one's answer. */
  cached: "name: cached\ntitle: A gateway with a cache\ngateway: { cache: {}, contractCheck: true, policy: { rescue: null } }",
  /** It waits for its store for longer than the store takes. */
  patient: `name: patient\ntitle: A gateway that waits for its store\nstore: redis\ngateway: { limits: ${limits({ requests: 100_000 }, 9_000)}, ${policy} }`,
  /** Without its store each process has a quarter of the allowance. */
  divided: `name: divided\ntitle: Four gateways that share a store\nreplicas: 4\nstore: redis\ngateway: { limits: ${limits({ requests: 72 })}, ${policy} }`,
  /** Its price list knows of a much higher price next year. */
  priced: `name: priced\ntitle: A gateway that limits money\ngateway: { limits: ${limits({ usd: 1 })}, cost: { prices: { gpt-4o-mini: [{ input: 0.15, output: 0.6, until: "2025-06-30" }, { input: 450, output: 1800 }], deepseek-chat: { input: 0.3, output: 1.2 } } }, ${policy} }`,
};

import type { GatewayConfig } from "../core/config.ts";
import type { StoreConfig } from "./governance-schema.ts";
import { defectViolations } from "./defect.ts";
import { governanceViolations } from "./governance-rules.ts";
import { promptViolations } from "./registry-rules.ts";
import { outOfRange, type RuleViolation } from "./rule-violation.ts";

/**
 * Violations that the schema cannot express: references without a target, duplicate names, numbers out of range, and
 * planted defects in a hardened config. Empty: the config can be used.
 */
export function ruleViolations(config: GatewayConfig): readonly RuleViolation[] {
  return [
    ...hardenedViolations(config),
    ...duplicateViolations("keys", config.keys.map(({ key }) => key)),
    ...duplicateViolations("deployments", config.deployments.map(({ name }) => name)),
    ...duplicateViolations("routes", config.routes.map(({ name }) => name)),
    ...routeViolations(config),
    ...policyViolations(config),
    ...governanceViolations(config),
    ...(config.registry === undefined ? [] : promptViolations(config.registry)),
    ...config.defects.flatMap((defect, index) => defectViolations(defect, `defects[${index}]`)),
  ];
}

function hardenedViolations({ hardened, defects }: GatewayConfig): RuleViolation[] {
  if (!hardened || defects.length === 0) return [];
  return [{ path: "defects", message: `A hardened gateway refuses planted defects, got ${defects.map(({ kind }) => kind).join(", ")}` }];
}

function duplicateViolations(path: string, names: readonly string[]): RuleViolation[] {
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return [];
    const what = path === "keys" ? "The same key" : `"${name}"`;
    return [{ path: `${path}[${index}]`, message: `${what} is already at ${path}[${names.indexOf(name)}]` }];
  });
}

function routeViolations({ routes, deployments }: GatewayConfig): RuleViolation[] {
  const known = new Set(deployments.map(({ name }) => name));
  return routes.flatMap((route, index) => {
    const path = `routes[${index}].deployments`;
    if (route.deployments.length === 0) return [{ path, message: `Route "${route.name}" leads to no deployment` }];
    const unknown = route.deployments.flatMap((name, at) =>
      known.has(name) ? [] : [{ path: `${path}[${at}]`, message: `No deployment is called "${name}"` }],
    );
    const unknownWeights = Object.keys(route.weights ?? {}).flatMap((name) =>
      route.deployments.includes(name) ? [] : [{ path: `routes[${index}].weights`, message: `"${name}" is no deployment of this route` }],
    );
    return [...unknown, ...unknownWeights, ...duplicateViolations(path, route.deployments)];
  });
}

function policyViolations({ policy, concurrencyMax }: GatewayConfig): RuleViolation[] {
  const { retry, retryBudget, breaker, deadlines, rescue, hedge, concurrency } = policy;
  const checks: readonly (readonly [path: string, value: number, min: number, max: number])[] = [
    ["concurrencyMax", concurrencyMax, 1, Infinity],
    ["policy.retry.attemptsPerDeploymentMax", retry.attemptsPerDeploymentMax, 1, 100],
    ["policy.retry.attemptsMax", retry.attemptsMax, 1, 100],
    ["policy.retry.backoff.baseMs", retry.backoff.baseMs, 0, Infinity],
    ["policy.retry.backoff.maxMs", retry.backoff.maxMs, 0, Infinity],
    ["policy.retryBudget.ratio", retryBudget.ratio, 0, Infinity],
    ["policy.retryBudget.tokensMax", retryBudget.tokensMax, 0, Infinity],
    ["policy.deadlines.connectMs", deadlines.connectMs, 1, Infinity],
    ["policy.deadlines.firstTokenMs", deadlines.firstTokenMs, 1, Infinity],
    ["policy.deadlines.idleMs", deadlines.idleMs, 1, Infinity],
    ["policy.deadlines.throughput.tokensPerSecondMin", deadlines.throughput.tokensPerSecondMin, 0, Infinity],
    ["policy.deadlines.throughput.graceMs", deadlines.throughput.graceMs, 0, Infinity],
    ...(deadlines.wholeMs === undefined ? [] : ([["policy.deadlines.wholeMs", deadlines.wholeMs, 1, Infinity]] as const)),
    ...(deadlines.totalMs === undefined ? [] : ([["policy.deadlines.totalMs", deadlines.totalMs, 1, Infinity]] as const)),
    ...(rescue === null ? [] : ([["policy.rescue.attemptsMax", rescue.attemptsMax, 1, 100]] as const)),
    ...(hedge === null ? [] : ([["policy.hedge.delayMs", hedge.delayMs, 1, Infinity]] as const)),
    ...(concurrency === null
      ? []
      : ([
          ["policy.concurrency.min", concurrency.min, 1, concurrency.max],
          ["policy.concurrency.initial", concurrency.initial, concurrency.min, concurrency.max],
        ] as const)),
    ...(breaker === null
      ? []
      : ([
          ["policy.breaker.failureRateThreshold", breaker.failureRateThreshold, 0, 1],
          ["policy.breaker.minimumThroughput", breaker.minimumThroughput, 1, Infinity],
          ["policy.breaker.windowMs", breaker.windowMs, 1, Infinity],
          ["policy.breaker.cooldownMs", breaker.cooldownMs, 1, Infinity],
          ["policy.breaker.halfOpenMaxConcurrent", breaker.halfOpenMaxConcurrent, 1, Infinity],
        ] as const)),
  ];
  return checks.flatMap(([path, value, min, max]) => outOfRange(path, value, min, max));
}

/** A shared cache needs a shared store: the memory store has no bound, while the cache's own memory has. */
export function sharedCacheViolations({ cache }: GatewayConfig, store: StoreConfig): readonly RuleViolation[] {
  if (cache?.backend !== "store" || store.kind === "redis") return [];
  return [{ path: "cache.backend", message: 'A cache in the "store" needs a store of kind "redis"' }];
}

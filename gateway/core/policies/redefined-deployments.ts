import type { DeploymentConfig } from "../config.ts";
import type { PolicyState } from "./policy-state.ts";

/** Deployments whose name now stands for another one, or for none: another model, URL, dialect or credential. */
export function redefinedDeployments(before: readonly DeploymentConfig[], after: readonly DeploymentConfig[]): ReadonlySet<string> {
  return new Set(before.filter((old) => !after.some((deployment) => isSame(old, deployment))).map(({ name }) => name));
}

function isSame(one: DeploymentConfig, other: DeploymentConfig): boolean {
  return (["name", "dialect", "model", "baseUrl", "credential"] as const).every((field) => one[field] === other[field]);
}

/** The state without what was learned about `names`. Attempts in flight are still counted. */
export function withoutDeployments(state: PolicyState, names: ReadonlySet<string>): PolicyState {
  const { breakers, benchedUntilMs, health, latencies, concurrency } = state;
  return {
    ...state,
    breakers: withoutKeys(breakers, names),
    benchedUntilMs: withoutKeys(benchedUntilMs, names),
    /** What is known of the provider stays: it has other deployments. */
    health: { ...health, deployments: withoutKeys(health.deployments, names) },
    latencies: { stream: withoutKeys(latencies.stream, names), whole: withoutKeys(latencies.whole, names) },
    concurrency: withoutKeys(concurrency, new Set([...names].filter((name) => (concurrency[name]?.waiting ?? 0) === 0))),
  };
}

function withoutKeys<Value>(record: Readonly<Record<string, Value>>, names: ReadonlySet<string>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.has(name)));
}

import { stringify } from "yaml";

/**
 * The gateway with all that is to be paid for on every request: limits, priorities, cost, cache look-up, guards,
 * telemetry.
 */
export function gatewayFile(providerUrl: string): string {
  return stringify({
    keys: [{ key: "vk-bench", team: "bench", feature: "load" }],
    deployments: [{ name: "primary", dialect: "openai", model: "gpt-bench", baseUrl: `${providerUrl}/v1`, credential: "env:BENCH_PROVIDER_KEY" }],
    routes: [{ name: "gpt-bench", deployments: ["primary"] }],
    admin: { open: true },
    concurrencyMax: 10_000,
    limits: { outputTokensDefault: 64, storeMs: 25, rules: [{ team: "*", windowMs: 3_600_000, requests: 1e9, tokens: 1e12, usd: 1e9 }] },
    shedding: { low: 0.6, normal: 0.95 },
    cost: { unknownModel: "error", prices: { "gpt-bench": { input: 1, output: 2 } } },
    cache: { ttlMs: 60_000, staleIfErrorMs: 0, scope: "feature", backend: "memory" },
    guards: { pii: { restore: true, answers: "pass", onFailure: "closed" }, injection: { threshold: 0.7, action: "block", onFailure: "closed" } },
  });
}

/** 150 bytes of body, another prompt for each. */
export function requestFile(headers: Readonly<Record<string, string>>): string {
  const body = { model: "gpt-bench", messages: [{ role: "user", content: "Tell me about request # in two short sentences, please, for tests" }] };
  return JSON.stringify({ headers: { authorization: "Bearer vk-bench", "content-type": "application/json", ...headers }, body });
}

/** One target, no retries: what a proxy does at least. */
export function portkeyHeaders(providerUrl: string): Record<string, string> {
  return { "x-portkey-provider": "openai", "x-portkey-custom-host": `${providerUrl}/v1` };
}

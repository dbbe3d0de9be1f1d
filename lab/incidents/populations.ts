import { matchesAny } from "../../kernel/glob.ts";
import type { Deployment, LatencyProfile, PlannedPhase, RequestSelector } from "../../kernel/plan.ts";
import type { ProviderFacts } from "../../scenarios/providers.ts";
import { askable } from "./core/question.ts";
import type { Population, RequestVariant } from "./core/subject.ts";

/** Slow enough to be distinguished from the machine's own time, fast enough for thousands of requests. */
const latency: LatencyProfile = { firstTokenMsP50: 200, firstTokenSigma: 0.25, tokensPerSecond: 500, source: "set for incidents verify" };

type Provider = ProviderFacts & { readonly name: string };

/**
 * For each selector of the phases the requests that it hits, and for each of its fields requests that differ in that
 * field alone.
 */
export function populationsOf(phases: readonly PlannedPhase[], provider: Provider): readonly Population[] {
  const groups = Map.groupBy(phases, ({ select }) => JSON.stringify(select ?? {}));
  return [...groups].flatMap(([text, group]) => {
    const select = JSON.parse(text) as RequestSelector;
    const indexes = group.map(({ index }) => index);
    const hit = hitBy(select, provider, indexes);
    return [hit, ...sparedBy(select, hit)];
  });
}

function hitBy({ models, endpoints, regions, tiers, stream, newConnectionsOnly }: RequestSelector, provider: Provider, phases: readonly number[]): Population {
  const model = models === undefined || matchesAny(models, provider.model) ? provider.model : plain(models[0]!);
  const region = regions === undefined ? undefined : plain(regions[0]!);
  const request: RequestVariant = {
    endpoint: askable[provider.dialect].find((endpoint) => endpoints?.includes(endpoint) ?? true)!,
    key: "sk-verify",
    tier: tiers === undefined ? "default" : plain(tiers[0]!),
    stream: stream ?? null,
    newConnection: newConnectionsOnly ?? false,
  };
  return { name: "hit", hit: true, phases, deployment: deploymentOf(provider, model, region), request };
}

function sparedBy(select: RequestSelector, hit: Population): readonly Population[] {
  const { deployment, request } = hit;
  const provider = { name: deployment.provider, dialect: deployment.dialect, model: deployment.model };
  const spared = (name: string, change: Partial<Population>): Population => ({ ...hit, name, hit: false, ...change });
  return [
    ...(select.models === undefined ? [] : [spared("other model", { deployment: deploymentOf(provider, "a-model-that-is-not-hit", deployment.region) })]),
    ...askable[deployment.dialect].filter((endpoint) => select.endpoints?.includes(endpoint) === false).map((endpoint) => spared(`endpoint ${endpoint}`, { request: { ...request, endpoint } })),
    ...(select.regions === undefined ? [] : [spared("other region", { deployment: deploymentOf(provider, deployment.model, "a-region-that-is-not-hit") })]),
    ...(select.tiers === undefined ? [] : [spared("other tier", { request: { ...request, tier: "a-tier-that-is-not-hit" } })]),
    ...(select.stream === undefined ? [] : [spared(select.stream ? "no stream" : "stream", { request: { ...request, stream: !select.stream } })]),
    ...(select.newConnectionsOnly === true ? [spared("connections that live", { request: { ...request, newConnection: false } })] : []),
  ];
}

/** One name that a pattern matches. */
const plain = (pattern: string) => pattern.replaceAll("*", "");

function deploymentOf({ name: provider, dialect }: Pick<Provider, "name" | "dialect">, model: string, region: string | undefined): Deployment {
  const name = [provider, model, ...(region === undefined ? [] : [region])].join("-").toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return { name, provider, dialect, model, latency, ...(region === undefined ? {} : { region }) };
}

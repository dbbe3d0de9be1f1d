import { controlRequestPrefix } from "../../../kernel/control-requests.ts";

type Config = Readonly<Record<string, unknown>>;

/**
 * The configuration by which a data plane runs a version for the eval gate alone. Its questions are under no team's
 * budget, and never answered from a cache.
 */
export function evalConfig({ limits: _limits, shedding: _shedding, cache: _cache, ...config }: Config, { plane, key }: { readonly plane: object; readonly key: string }): Config {
  return { ...plane, ...config, listen: { port: 0 }, keys: [{ key, team: "control", feature: "evals" }] };
}

/** The headers of a question, besides the key. */
export const evalHeaders = { "x-client-request-id": `${controlRequestPrefix}evals` } as const;

import type { Dialect, GatewayDialect } from "../../kernel/chat.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { defaultPolicy, type GatewayConfig, type PolicyConfig } from "../../gateway/core/config.ts";
import { type CacheConfig, defaultCache, defaultSemantic } from "../../gateway/core/cache/settings.ts";
import { defaultInjection, defaultPii, type InjectionConfig, type PiiConfig } from "../../gateway/core/guards/settings.ts";
import type { PromptRegistry } from "../../gateway/core/prompts/definition.ts";
import { gatewaySpeaks } from "../../scenarios/dialects.ts";

/** A scenario's `gateway` section: what it sets, all else by default. */
export interface GatewaySettings {
  readonly policy?: PolicySettings;
  readonly contractCheck?: boolean;
  readonly concurrencyMax?: number;
  readonly defects?: GatewayConfig["defects"];
  readonly cache?: DeepPartial<CacheConfig>;
  readonly guards?: { readonly pii?: Partial<PiiConfig> | null; readonly injection?: Partial<InjectionConfig> | null };
  readonly registry?: Partial<PromptRegistry>;
}

export type PolicySettings = { readonly [K in keyof PolicyConfig]?: PolicyConfig[K] extends object | null ? DeepPartial<PolicyConfig[K]> : PolicyConfig[K] };
type DeepPartial<T> = T extends object ? { readonly [K in keyof T]?: DeepPartial<T[K]> } : T;

export const gatewayOrigin = "http://gateway";
export const providerOrigin = (deployment: string) => `http://provider-${deployment}`;
export const linkOrigin = (deployment: string) => `http://link-${deployment}`;

/** The virtual twin of the configuration file that the live adapter writes. */
export function gatewayConfig(plan: Plan, settings: GatewaySettings): GatewayConfig {
  const owners = [...new Map(plan.cells.map((cell) => [`${cell.team}/${cell.feature}`, cell])).values()];
  return {
    region: plan.cells[0]!.region,
    keys: owners.map(({ team, feature }) => ({ key: virtualKey(team, feature), team, feature })),
    deployments: plan.deployments.map(({ name, dialect, model }) => ({
      name,
      dialect: spoken(name, dialect),
      model,
      baseUrl: `${linkOrigin(name)}/v1`,
      credential: "virtual:any",
      continuesPrefix: dialect === "anthropic",
    })),
    routes: plan.routes,
    policy: merge(defaultPolicy, settings.policy ?? {}),
    contractCheck: settings.contractCheck ?? true,
    concurrencyMax: settings.concurrencyMax ?? 10_000,
    defects: settings.defects ?? [],
    hardened: false,
    ...answerParts(settings),
  };
}

/** Cache, guards and registry where the scenario names them, defaults filled in as the configuration file's schema does. */
function answerParts({ cache, guards, registry }: GatewaySettings): Pick<GatewayConfig, "cache" | "guards" | "registry"> {
  const semantic = cache?.semantic ? merge(defaultSemantic, cache.semantic) : null;
  return {
    ...(cache !== undefined && { cache: { ...merge(defaultCache, cache), semantic } }),
    ...(guards !== undefined && { guards: { pii: guards.pii ? merge(defaultPii, guards.pii) : null, injection: guards.injection ? merge(defaultInjection, guards.injection) : null } }),
    ...(registry !== undefined && { registry: { prompts: [], tools: [], ...registry } }),
  };
}

function spoken(deployment: string, dialect: Dialect): GatewayDialect {
  if (gatewaySpeaks(dialect)) return dialect;
  throw new LabError({
    exit: "refused",
    code: "dialect_unspoken",
    message: `Cannot reach deployment "${deployment}": the reference gateway does not speak ${dialect}`,
    hint: "Give the deployment another dialect, or run a gateway of your own that speaks it.",
  });
}

export function virtualKeys(plan: Plan): Record<string, string> {
  return Object.fromEntries(plan.cells.map(({ team, feature }) => [`${team}/${feature}`, virtualKey(team, feature)]));
}

const virtualKey = (team: string, feature: string) => `vk-${team}-${feature}`;

function merge<T>(base: T, patch: unknown): T {
  if (patch === undefined) return base;
  if (typeof base !== "object" || base === null || typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch as T;
  const result: Record<string, unknown> = { ...(base as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) result[key] = merge(result[key], value);
  return result as T;
}

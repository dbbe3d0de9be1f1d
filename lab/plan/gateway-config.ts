import { fileSchema } from "../../gateway/config/file-schema.ts";
import { processSections } from "../../gateway/config/package.ts";
import { pathText } from "../../gateway/config/problem.ts";
import { resolveGatewayConfig, type ResolvedConfig } from "../../gateway/config/resolve.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { sha256Hex } from "../../kernel/sha256.ts";
import type { Problem } from "../../scenarios/parse.ts";
import { withSuggestion } from "../../scenarios/problems.ts";
import { schemaNode } from "../../scenarios/schema-node.ts";
import { listPrices } from "./list-price.ts";
import { componentsOf, linkId, type Component } from "../../kernel/topology.ts";
import { controlSection, egressOf, sharedOrigin } from "./control-config.ts";
import { providerOf } from "./providers.ts";
import { vaultSection } from "./vault-config.ts";

/** The environment variable from which the reference gateway reads the credential that every simulator accepts. */
export const simulatorKeyVariable = "BLASTLAB_SIMULATOR_KEY";
/** The credential itself. */
export const simulatorKey = "sk-simulated";

/** What a stack sets of the gateway, as written: the gateway validates it. */
export type GatewaySettings = Readonly<Record<string, unknown>>;

export interface GatewayInputOptions {
  readonly plan: Plan;
  /** The gateway that it is for. */
  readonly component: Component;
  readonly settings: GatewaySettings;
  /** Where the gateway's end of a link is, without a path. */
  readonly linkOrigin: (link: string) => string;
  /** Unix ms of the timeline's zero. */
  readonly epochMs: number;
  /** Where it keeps its files. */
  readonly disk: string;
}

/** Settings that follow from the plan. */
const derivedSettings = ["admin", "epochMs", "region", "keys", "deployments", "routes", "control", "vault", "egress", "runtimes"];
/** A process of the lab ends within 2 s (docs/ARCHITECTURE.md, "Processes of a live run"). */
export const labDrainMs = 1_500;

/** Besides, where the stack has a store of its own. */
const derivedStore = "store";

/**
 * The content of the reference gateway's config file for this plan, the same in both harnesses. A setting that the plan
 * decides is refused before: `gatewayProblems`.
 */
export function gatewayInput({ plan, component, settings, linkOrigin, epochMs, disk }: GatewayInputOptions) {
  const store = storeInput(plan, component, linkOrigin);
  const control = controlSection(plan, component, { linkOrigin, disk });
  const vault = vaultSection(plan, component, { linkOrigin, disk });
  const originOf = (provider: string) => (control === null ? linkOrigin(linkId(component.id, provider)) : sharedOrigin(provider));
  const keys = virtualKeys(plan);
  const owners = new Map(plan.cells.map(({ team, feature }) => [`${team}/${feature}`, { team, feature }]));
  return {
    admin: { faultInjection: true, open: true },
    drainMs: labDrainMs,
    ...settings,
    ...limitsOf(plan, settings),
    ...(store !== null && { store }),
    ...(control !== null && { control, egress: egressOf(plan, component, linkOrigin) }),
    ...(vault !== null && { vault }),
    epochMs,
    region: component.region,
    keys: [...owners].map(([owner, { team, feature }]) => ({ key: `sha256:${sha256Hex(keys[owner]!)}`, team, feature })),
    deployments: plan.deployments.map(({ name, dialect, model }) => ({
      name,
      dialect,
      model,
      baseUrl: `${originOf(providerOf(plan, name))}/v1`,
      credential: vault === null ? `env:${simulatorKeyVariable}` : `vault:${secretOf(name)}`,
      continuesPrefix: dialect === "anthropic",
    })),
    routes: plan.routes,
    ...registryOf(plan, settings),
  };
}

/** Each region has its part of every allowance where edges can move the traffic. */
function limitsOf(plan: Plan, { limits }: GatewaySettings): { readonly limits?: object } {
  if (typeof limits !== "object" || limits === null || componentsOf(plan, "edge").length === 0) return {};
  const regions = new Set(componentsOf(plan, "gateway").map(({ region }) => region));
  return { limits: { regionShare: 1 / regions.size, ...limits } };
}

/** The scenario's prompts beside those of the stack. */
function registryOf({ systemPrompts }: Plan, { registry }: GatewaySettings): { readonly registry?: object } {
  if (systemPrompts === undefined) return {};
  const own = registry as { readonly prompts?: readonly object[] } | undefined;
  const prompts = systemPrompts.map(({ name, text }) => ({ name, current: "1", versions: [{ version: "1", messages: [{ role: "system", content: text }] }] }));
  return { registry: { ...own, prompts: [...(own?.prompts ?? []), ...prompts] } };
}

/** The name of a deployment's credential in the vaults of a stack. */
export const secretOf = (deployment: string): string => `${deployment}.key`;

/** The store of its region, where the stack has one. Without it each of n gateways has an n-th of every allowance. */
function storeInput(plan: Plan, { id, region }: Component, linkOrigin: GatewayInputOptions["linkOrigin"]) {
  const store = componentsOf(plan, "store").find((candidate) => plan.links.some((link) => link.id === linkId(id, candidate.id)));
  if (store === undefined) return null;
  const gateways = componentsOf(plan, "gateway").filter((gateway) => gateway.region === region).length;
  return { kind: "redis", url: linkOrigin(linkId(id, store.id)).replace(/^http/, "redis"), localShare: 1 / gateways };
}

/**
 * The configuration that the first package of a region has: that of its gateways' own files, without what belongs to
 * one process.
 */
export function firstPackage(plan: Plan, { region }: Component, settings: GatewaySettings): Readonly<Record<string, unknown>> {
  const component = componentsOf(plan, "gateway").find((gateway) => gateway.region === region)!;
  const input = gatewayInput({ plan, component, settings, linkOrigin: () => "http://127.0.0.1", epochMs: 0, disk: "disk" });
  return Object.fromEntries(Object.entries(input).filter(([section]) => !(processSections as readonly string[]).includes(section)));
}

/** A problem of the gateway's configuration, in the file that the setting is from. */
export interface GatewayProblem extends Problem {
  readonly file: "scenario" | "stack";
}

/**
 * What a gateway's process would refuse, found before one starts: only its origins are not known yet. Names what was
 * meant where a name is unknown.
 */
export function gatewayProblems(plan: Plan, settings: GatewaySettings): readonly GatewayProblem[] {
  const derived = derivedIn(plan, settings);
  if (derived.length > 0) return derived.map((name) => ({ file: "stack", path: ["gateway", name], message: "The lab derives it from scenario and stack" }));
  const schema = schemaNode(fileSchema);
  const found = componentsOf(plan, "gateway").flatMap((component) => {
    const input = gatewayInput({ plan, component, settings, linkOrigin: () => "http://127.0.0.1", epochMs: 0, disk: "disk" });
    const resolved = resolveGatewayConfig(input, listPrices());
    return "ok" in resolved ? [] : resolved.problems.map((problem) => placed(withSuggestion(problem, schema, input)));
  });
  return [...new Map(found.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** Deployments and routes have the same names in the scenario; keys follow from its cells. */
function placed(problem: Problem): GatewayProblem {
  const [first] = problem.path;
  if (first === "deployments" || first === "routes") return { ...problem, file: "scenario" };
  if (first === "keys") return { ...problem, file: "scenario", path: ["workload", "cells"] };
  return { ...problem, file: "stack", path: ["gateway", ...problem.path] };
}

function derivedIn(plan: Plan, settings: GatewaySettings): readonly string[] {
  const names = plan.components.some(({ role }) => role === "store") ? [...derivedSettings, derivedStore] : derivedSettings;
  return names.filter((name) => Object.hasOwn(settings, name));
}

/** The bearer token of each `team/feature`. */
export function virtualKeys(plan: Plan): Record<string, string> {
  return Object.fromEntries(plan.cells.map(({ team, feature }) => [`${team}/${feature}`, `vk-${team}-${feature}`]));
}

/**
 * The configuration that the reference gateway runs for this input. Throws LabError `gateway_config_invalid`, one line
 * a problem, as the gateway's process refuses it.
 */
export function resolvedGateway(input: unknown): ResolvedConfig {
  const resolved = resolveGatewayConfig(input, listPrices());
  if ("ok" in resolved) return resolved.ok;
  const problems = resolved.problems.map(({ path, message }) => `${pathText(["gateway", ...path])}: ${message}`);
  throw new LabError({
    exit: "refused",
    code: "gateway_config_invalid",
    message: problems.join("\n"),
    hint: "Correct the stack's gateway section, or --set stack.gateway.…; gateway/core/config.ts describes each setting",
  });
}

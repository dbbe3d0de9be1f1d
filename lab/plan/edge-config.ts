import { resolveEdgeConfig, type EdgeFile } from "../../gateway/edge/config.ts";
import { pathText } from "../../gateway/config/problem.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentOf, type Component } from "../../kernel/topology.ts";
import { labDrainMs } from "./gateway-config.ts";
import type { Problem } from "../../scenarios/parse.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";

/** Settings that follow from the plan. */
const derivedSettings = ["engine", "region", "listen", "admin", "regions", "drainMs", "gatewayKey"];

export interface EdgeInputOptions {
  readonly plan: Plan;
  /** The edge that it is for. */
  readonly component: Component;
  readonly edge: NonNullable<Stack["edge"]>;
  /** Where the edge's end of a link is, without a path. */
  readonly linkOrigin: (link: string) => string;
}

/** The content of an edge's file for this plan, the same in both harnesses. */
export function edgeInput({ plan, component, edge, linkOrigin }: EdgeInputOptions) {
  const gateways = plan.links.filter(({ from }) => from === component.id).map((link) => ({ ...componentOf(plan, link.to), url: linkOrigin(link.id) }));
  const regions = [...new Set(gateways.map(({ region }) => region))];
  return {
    ...edge.settings,
    engine: edge.engine,
    region: component.region,
    admin: { open: true },
    drainMs: labDrainMs,
    regions: regions.map((name) => ({ name, replicas: gateways.filter(({ region }) => region === name).map(({ id, url }) => ({ id, url })) })),
  };
}

/** What an edge's process would refuse, found before one starts. */
export function edgeProblems(plan: Plan, edge: NonNullable<Stack["edge"]>): readonly Problem[] {
  const derived = derivedSettings.filter((name) => Object.hasOwn(edge.settings, name));
  if (derived.length > 0) return derived.map((name) => ({ path: ["edge", "settings", name], message: "The lab derives it from scenario and stack" }));
  const component = plan.components.find(({ role }) => role === "edge")!;
  const resolved = resolveEdgeConfig(edgeInput({ plan, component, edge, linkOrigin: (link) => `http://${link.replace("~", ".")}` }));
  return "ok" in resolved ? [] : resolved.problems.map(({ path, message }) => ({ path: ["edge", "settings", ...path], message }));
}

/** The configuration that an edge runs for this input. Throws LabError `edge_config_invalid`. */
export function resolvedEdge(options: EdgeInputOptions): EdgeFile {
  const resolved = resolveEdgeConfig(edgeInput(options));
  if ("ok" in resolved) return resolved.ok;
  const message = resolved.problems.map(({ path, message: text }) => `${pathText(["edge", ...path])}: ${text}`).join("\n");
  throw new LabError({ exit: "refused", code: "edge_config_invalid", message, hint: "Correct the stack's edge.settings" });
}

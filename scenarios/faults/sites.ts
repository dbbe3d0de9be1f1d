import { z } from "zod";
import { roles, type Component, type Link } from "../../kernel/topology.ts";
import type { FaultContext } from "./fault-planner.ts";
import { notApplicable } from "./fault-planner.ts";

/** Names components without naming a stack's own ids, so that a scenario runs on any stack. */
export const siteSchema = z.strictObject({
  role: z.enum(roles).describe("What the component does"),
  region: z.int().min(1).optional().describe("Which of the role's regions, from 1; all if not given"),
  replica: z.union([z.int().min(1), z.literal("all")]).default("all").describe("Which of the role's components in a region, from 1"),
  deployment: z.string().min(1).optional().describe("Of a provider: the deployment that it serves"),
});

/** A site, or, without a role, everything of the system in a region of the stack. */
export const siteOrRegionSchema = z.union([siteSchema, z.strictObject({ region: z.int().min(1).describe("A whole region of the stack, from 1: everything of the system in it") })]);

/** The links between two sets of components, in the direction in which requests go. */
export const linkSiteSchema = z.strictObject({ from: siteSchema.describe("Where requests come from"), to: siteSchema.describe("Where they go") });

export type Site = z.infer<typeof siteSchema>;
type WholeRegion = Exclude<z.infer<typeof siteOrRegionSchema>, Site>;
export type LinkSite = z.infer<typeof linkSiteSchema>;

/** The components that a site names. Throws LabError `not_applicable` when this stack has none. */
export function componentsAt(site: Site, fault: string, { topology }: FaultContext): readonly Component[] {
  const ofRole = topology.components.filter(({ role }) => role === site.role);
  const regions = [...new Set(ofRole.map(({ region }) => region))];
  const region = site.region === undefined ? undefined : regions[site.region - 1];
  const found = ofRole.filter(
    (component) =>
      (site.region === undefined || component.region === region) &&
      (site.replica === "all" || component.replica === site.replica) &&
      (site.deployment === undefined || component.deployment === site.deployment),
  );
  if (found.length > 0) return found;
  throw notApplicable(fault, `it has no ${missingText(site, ofRole.length === 0)}`);
}

/** The components that a site or a whole region has. Throws LabError `not_applicable` when this stack has none. */
export function componentsOfSite(site: Site | WholeRegion, fault: string, context: FaultContext): readonly Component[] {
  if ("role" in site) return componentsAt(site, fault, context);
  const ofSystem = context.topology.components.filter(({ role }) => role !== "client" && role !== "provider");
  const region = [...new Set(ofSystem.map((component) => component.region))][site.region - 1];
  const found = ofSystem.filter((component) => component.region === region);
  if (found.length > 0) return found;
  throw notApplicable(fault, `it has no region ${site.region}`);
}

/** The links that two sites name. Throws LabError `not_applicable` when this stack has none. */
export function linksAt(site: LinkSite, fault: string, context: FaultContext): readonly Link[] {
  const from = new Set(componentsAt(site.from, fault, context).map(({ id }) => id));
  const to = new Set(componentsAt(site.to, fault, context).map(({ id }) => id));
  const found = context.topology.links.filter((link) => from.has(link.from) && to.has(link.to));
  if (found.length > 0) return found;
  throw notApplicable(fault, `no link leads from ${siteText(site.from)} to ${siteText(site.to)}`);
}

/** The links between the gateways and a deployment's provider, which is what most network faults are about. */
export const toDeployment = (deployment: string): LinkSite => ({
  from: { role: "gateway", replica: "all" },
  to: { role: "provider", replica: "all", deployment },
});

/** What a role is called in sentences. */
export const roleText = (role: Site["role"]): string => (role === "control" ? "control plane" : role);

/** `gateway 2 of region 1`, for titles and errors. */
export function siteText({ role, region, replica, deployment }: Site): string {
  if (deployment !== undefined) return deployment;
  const which = replica === "all" ? (role === "client" ? "the clients" : `the ${roleText(role)}`) : `${roleText(role)} ${replica}`;
  return region === undefined ? which : `${which} of region ${region}`;
}

/** `region 2`, or a site's text. */
export const siteOrRegionText = (site: Site | WholeRegion): string => ("role" in site ? siteText(site) : `region ${site.region}`);

/** `gateway`, or which of them is missing: `gateway 3 in region 2`. */
function missingText({ role, region, replica, deployment }: Site, none: boolean): string {
  if (none) return roleText(role);
  const which = deployment ?? (replica === "all" ? roleText(role) : `${roleText(role)} ${replica}`);
  return region === undefined ? which : `${which} in region ${region}`;
}

export const linkText = ({ from, to }: LinkSite): string => `the link from ${siteText(from)} to ${siteText(to)}`;

import { problemsOf } from "../../gateway/config/problem.ts";
import { controlFileSchema, type ControlFile } from "../../gateway/control/config.ts";
import { LabError } from "../../kernel/errors.ts";
import { nameLetters } from "../../kernel/mark.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentsOf, linkId, type Component } from "../../kernel/topology.ts";
import type { Problem } from "../../scenarios/parse.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { evalGates } from "./eval-gates.ts";
import { providerOf } from "./providers.ts";
import { keyReference } from "./region-keys.ts";
import { vaultSection } from "./vault-config.ts";

/** Settings that follow from the plan. */
const derivedSettings = ["evals", "region", "folder", "planeKey", "operatorKey", "folderKey", "alarmKey", "receiptFrom", "listen", "metrics", "plane"];

type LinkOrigin = (link: string) => string;

export interface ControlInputOptions {
  readonly plan: Plan;
  /** The control plane that it is for. */
  readonly component: Component;
  readonly control: NonNullable<Stack["control"]>;
  /** Where its end of a link is, without a path. */
  readonly linkOrigin: LinkOrigin;
  /** Where it keeps its files. */
  readonly disk: string;
  /** Path of the corpus of a prompt; its name if not given. */
  readonly corpusAt?: (prompt: string) => string;
}

/** The content of a control plane's file for this plan, the same in both harnesses. */
export function controlInput({ plan, component, control, linkOrigin, disk, corpusAt = (prompt) => prompt }: ControlInputOptions) {
  const vault = vaultSection(plan, component, { linkOrigin, disk: `${disk}/canary` });
  return {
    ...control.settings,
    evals: control.evalGate ? evalGates(plan, corpusAt) : [],
    region: component.region,
    metrics: { open: true },
    folder: disk,
    planeKey: keyReference("controlPlane"),
    operatorKey: keyReference("controlOperator"),
    folderKey: keyReference("controlFolder"),
    identities: { ...identities(plan), ...(control.settings["identities"] as object | undefined) },
    plane: { egress: egressOf(plan, component, linkOrigin), ...(vault !== null && { vault }) },
  };
}

/** What a control plane's process would refuse, found before one starts. */
export function controlProblems(plan: Plan, control: NonNullable<Stack["control"]>): readonly Problem[] {
  const derived = derivedSettings.filter((name) => Object.hasOwn(control.settings, name));
  if (derived.length > 0) return derived.map((name) => ({ path: ["control", "settings", name], message: "The lab derives it from scenario and stack" }));
  const component = componentsOf(plan, "control")[0]!;
  const parsed = controlFileSchema.safeParse(controlInput({ plan, component, control, linkOrigin: () => "http://127.0.0.1", disk: "disk" }));
  return parsed.success ? [] : parsed.error.issues.flatMap(problemsOf).map(({ path, message }) => ({ path: ["control", "settings", ...path], message }));
}

/** The configuration that a control plane runs for this input. Throws LabError `control_config_invalid`. */
export function resolvedControl(options: ControlInputOptions): ControlFile {
  const parsed = controlFileSchema.safeParse(controlInput(options));
  if (parsed.success) return parsed.data;
  throw new LabError({ exit: "refused", code: "control_config_invalid", message: parsed.error.message, hint: "Correct the stack's control.settings" });
}

/** The section of a gateway's file that names its region's control plane; null: the stack has none. */
export function controlSection(plan: Plan, { id, region }: Component, { linkOrigin, disk }: { readonly linkOrigin: LinkOrigin; readonly disk: string }) {
  const control = componentsOf(plan, "control").find((candidate) => candidate.region === region);
  if (control === undefined) return null;
  return { url: linkOrigin(linkId(id, control.id)), key: keyReference("controlPlane"), plane: id, folder: `${disk}/packages` };
}

/**
 * The name of a provider in a configuration that all gateways of a region share; each reaches it by a link of its own.
 * Such a name leads to this machine and no further (RFC 6761), whatever a package makes of it.
 */
export const sharedOrigin = (provider: string): string => `http://${provider}.localhost`;

/** Where a component reaches the providers: the near ends of its links. */
export function egressOf(plan: Plan, { id }: Component, linkOrigin: LinkOrigin): Record<string, string> {
  return Object.fromEntries(componentsOf(plan, "provider").map((provider) => [sharedOrigin(provider.id), linkOrigin(linkId(id, provider.id))]));
}

/** What each deployment must show: its own mark in its answers, from the host that is its own. */
function identities(plan: Plan): ControlFile["identities"] {
  return Object.fromEntries(
    plan.deployments.map(({ name, model }) => [name, { endpointHost: new URL(sharedOrigin(providerOf(plan, name))).host, answerPattern: `^zq[a-p]{16}${nameLetters(name)}${nameLetters(model)}` }]),
  );
}

import { vaultFileSchema, type VaultFile } from "../../gateway/vault/config.ts";
import { problemsOf } from "../../gateway/config/problem.ts";
import { LabError } from "../../kernel/errors.ts";
import type { Plan } from "../../kernel/plan.ts";
import { componentsOf, linkId, type Component } from "../../kernel/topology.ts";
import type { Problem } from "../../scenarios/parse.ts";
import type { Stack } from "../../scenarios/stack-schema.ts";
import { keyReference } from "./region-keys.ts";

/** Settings that follow from the plan. */
const derivedSettings = ["region", "folder", "masterKey", "planeKey", "operatorKey", "listen", "metrics"];

export interface VaultInputOptions {
  /** The vault that it is for. */
  readonly component: Component;
  readonly vault: NonNullable<Stack["vault"]>;
  /** Where it keeps its files. */
  readonly disk: string;
}

/** The content of a vault's file, the same in both harnesses. */
export function vaultInput({ component: { region }, vault, disk }: VaultInputOptions) {
  return { ...vault.settings, region, metrics: { open: true }, folder: disk, masterKey: keyReference("vaultMaster"), planeKey: keyReference("vaultPlane"), operatorKey: keyReference("vaultOperator") };
}

/** What a vault's process would refuse, found before one starts. */
export function vaultProblems(plan: Plan, vault: NonNullable<Stack["vault"]>): readonly Problem[] {
  const derived = derivedSettings.filter((name) => Object.hasOwn(vault.settings, name));
  if (derived.length > 0) return derived.map((name) => ({ path: ["vault", "settings", name], message: "The lab derives it from scenario and stack" }));
  const component = componentsOf(plan, "vault")[0]!;
  const parsed = vaultFileSchema.safeParse(vaultInput({ component, vault, disk: "disk" }));
  return parsed.success ? [] : parsed.error.issues.flatMap(problemsOf).map(({ path, message }) => ({ path: ["vault", "settings", ...path], message }));
}

/** The configuration that a vault runs for this input. Throws LabError `vault_config_invalid`. */
export function resolvedVault(options: VaultInputOptions): VaultFile {
  const parsed = vaultFileSchema.safeParse(vaultInput(options));
  if (parsed.success) return parsed.data;
  throw new LabError({ exit: "refused", code: "vault_config_invalid", message: parsed.error.message, hint: "Correct the stack's vault.settings" });
}

/** The section of a gateway's file that names its region's vault; null: the stack has none. */
export function vaultSection(plan: Plan, { id, region }: Component, { linkOrigin, disk }: { readonly linkOrigin: (link: string) => string; readonly disk: string }) {
  const vault = componentsOf(plan, "vault").find((candidate) => candidate.region === region);
  if (vault === undefined) return null;
  return { engine: "blastlab", url: linkOrigin(linkId(id, vault.id)), credential: keyReference("vaultPlane"), regionalKey: keyReference("regional"), folder: `${disk}/leases`, plane: id };
}

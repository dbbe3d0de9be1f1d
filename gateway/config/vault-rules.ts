import type { GatewayFile } from "./file-schema.ts";
import type { RuleViolation } from "./rule-violation.ts";

/** The settings that name a credential, with their paths. */
export function credentialsOf({ deployments, cache, store, admin }: Pick<GatewayFile, "deployments" | "cache" | "store" | "admin">): readonly { readonly path: string; readonly reference: string }[] {
  const embedder = cache?.semantic?.embedder;
  return [
    ...deployments.map(({ credential }, index) => ({ path: `deployments[${index}].credential`, reference: credential })),
    ...(embedder !== undefined && "credential" in embedder ? [{ path: "cache.semantic.embedder.credential", reference: embedder.credential }] : []),
    ...(store.kind === "redis" && store.credential !== null ? [{ path: "store.credential", reference: store.credential }] : []),
    ...(admin.key === undefined ? [] : [{ path: "admin.key", reference: admin.key }]),
  ];
}

/** A credential in a vault that the file does not name. */
export function vaultViolations(file: GatewayFile): readonly RuleViolation[] {
  if (file.vault !== undefined) return [];
  return credentialsOf(file).flatMap(({ path, reference }) => (reference.startsWith("vault:") ? [{ path, message: "A vault: reference needs the setting `vault`, which says where the vault is" }] : []));
}

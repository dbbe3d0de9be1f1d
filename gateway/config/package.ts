import { z } from "zod";
import { canonicalJson } from "../../kernel/canonical-json.ts";
import { type CreateHash, digestOf } from "../../kernel/plan-digest.ts";
import { utf8Bytes } from "../../kernel/utf8.ts";
import type { DefectConfig, GatewayConfig } from "../core/config.ts";
import { packageName } from "../core/packages/running.ts";
import type { GatewayFile } from "./file-schema.ts";
import { problemsOf, pathText } from "./problem.ts";
import type { PriceSettings } from "./prices.ts";
import { resolveGatewayConfig } from "./resolve.ts";
import type { StoreConfig } from "./governance-schema.ts";
import { withoutKeys } from "./without-keys.ts";

/** SHA-256 in hexadecimal digits: the name of a package. */
export const packageHash = z.string().regex(/^[0-9a-f]{64}$/, "Expected a SHA-256, 64 hexadecimal digits");

/** Larger packages are refused by every data plane, whatever the control plane allows. */
export const packageBytesMax = 4 << 20;

/** A version of the configuration as it travels: made by a control plane, run by data planes. */
export const packageSchema = z.strictObject({
  version: z.number().int().min(1).describe("Grows with every package of a region"),
  hash: packageHash.describe("Of content and parent; names the package"),
  parent: packageHash.nullable().describe("Hash of the package that it replaces; null: it is the first"),
  madeAt: z.number().describe("Unix ms"),
  config: z.record(z.string(), z.unknown()).describe("The content of a gateway's file, without the sections that belong to the process"),
  runtime: z.string().regex(/^v\d+$/, "Expected a version of the gateway's code, such as v2").exactOptional().describe("The version of the gateway's code that it needs; absent: any"),
});

export type ConfigPackage = z.output<typeof packageSchema>;

/** What the hash of a package covers: two packages with the same content and parent are the same package. */
export type PackageContent = Pick<ConfigPackage, "config" | "runtime" | "parent">;

/** The hash of a package. `createHash` is that of `node:crypto`. */
export function hashOf({ config, runtime = null, parent }: { readonly config: PackageContent["config"]; readonly runtime?: string | null | undefined; readonly parent: string | null }, createHash: CreateHash): string {
  return digestOf([{ config, runtime, parent }], createHash);
}

/** Bytes of a package's content, as canonical JSON: what limits on its size compare. */
export function sizeOf({ config }: Pick<ConfigPackage, "config">): number {
  return utf8Bytes(canonicalJson(config)).length;
}

/** Sections of a gateway's file that belong to one process. A package that names one of them is refused. */
export const processSections = ["region", "listen", "admin", "store", "vault", "drainMs", "epochMs", "control", "egress", "runtimes"] as const;

/**
 * What answers call the configuration of a gateway's own file: as they call a package, with version 0. Like a package
 * it is the content without the sections of the process, so that gateways that run the same name the same. Virtual keys
 * are left out: the name is public.
 */
export function ownName(file: GatewayFile, createHash: CreateHash): string {
  const own = new Set<string>(processSections);
  const config = Object.fromEntries(Object.entries(withoutKeys(file)).filter(([section]) => !own.has(section)));
  return packageName({ version: 0, hash: hashOf({ config, parent: null }, createHash) });
}

/** What a data plane brings to a package: its own sections, and the versions of the code that it has. */
export interface PackageHost {
  readonly region: string;
  /** The store that is open. */
  readonly store: StoreConfig;
  /** The process's vault section, for references to secrets; absent: none. */
  readonly vault?: object | undefined;
  /** The built-in prices. */
  readonly listPrices: PriceSettings;
  /** The versions of the gateway's code, and the defects planted in each. */
  readonly runtimes: Readonly<Record<string, readonly DefectConfig[]>>;
}

export type CheckedPackage = { readonly ok: { readonly package: ConfigPackage; readonly config: GatewayConfig } } | { readonly reason: string };

/** Problems that a reason names. */
const problemsMax = 5;

/**
 * Whether a data plane can run a package, and as what: the one check of the data plane, of `--check` and of the control
 * plane. Refuses one whose hash is not its content's, one that is too large, sections of the process, everything that a
 * gateway's file would be refused for, and code that is not there.
 */
export function checkPackage(input: unknown, host: PackageHost, createHash: CreateHash): CheckedPackage {
  const parsed = packageSchema.safeParse(input);
  if (!parsed.success) return { reason: `not a package: ${problemsText(parsed.error.issues.flatMap(problemsOf))}` };
  const found = parsed.data;
  if (hashOf(found, createHash) !== found.hash) return { reason: "its hash is not that of its content" };
  const bytes = sizeOf(found);
  if (bytes > packageBytesMax) return { reason: `too large: ${bytes} bytes, at most ${packageBytesMax} are run` };
  const own = processSections.filter((section) => Object.hasOwn(found.config, section));
  if (own.length > 0) return { reason: `${own.join(", ")}: belongs to the gateway's own file, not to a package` };
  const { runtime } = found;
  if (runtime !== undefined && !Object.hasOwn(host.runtimes, runtime)) return { reason: `runtime: this gateway has no code ${runtime}` };
  const { region, store, vault, listPrices } = host;
  const resolved = resolveGatewayConfig({ ...found.config, region, store, ...(vault !== undefined && { vault }) }, listPrices);
  if ("problems" in resolved) return { reason: problemsText(resolved.problems) };
  const { gateway } = resolved.ok;
  const defects = [...gateway.defects, ...(runtime === undefined ? [] : host.runtimes[runtime]!)];
  return { ok: { package: found, config: { ...gateway, defects } } };
}

function problemsText(problems: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  const texts = problems.slice(0, problemsMax).map(({ path, message }) => `${pathText(path)}: ${message}`);
  const rest = problems.length - texts.length;
  return [...texts, ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ");
}

import type { z } from "zod";
import type { GatewayConfig } from "../core/config.ts";
import { builtinPrices } from "./builtin-prices.ts";
import { fileSchema, type GatewayFile } from "./file-schema.ts";
import type { StoreConfig } from "./governance-schema.ts";
import { priceTable } from "./prices.ts";
import { ruleViolations, sharedCacheViolations } from "./rules.ts";

export type ConfigPath = readonly PropertyKey[];

/** What is wrong with a config, and where. */
export interface ConfigProblem {
  readonly path: ConfigPath;
  readonly message: string;
  /** The setting at `path` that no gateway knows; absent: the problem is another. */
  readonly unknownKey?: string;
}

/** A config that can be used, every default filled in. */
export interface ResolvedConfig {
  /** What the gateway's core runs. */
  readonly gateway: GatewayConfig;
  /** Port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Unix ms at which the clock's `nowMs` is zero, for defects with a time span; null: when the process began. */
  readonly epochMs: number | null;
  readonly store: StoreConfig;
  /** All of it as a config file: resolving this again gives the same. The built-in prices are in it. */
  readonly file: GatewayFile;
}

/**
 * The one reader of the gateway's configuration: schema, defaults and rules. `input` is the content of a config file. The process, `--check` and the
 * virtual harness all call it, so that a config means the same everywhere. `storeInUse`: the store that is open already, whatever the input names.
 */
export function resolveGatewayConfig(input: unknown, storeInUse?: StoreConfig): { readonly ok: ResolvedConfig } | { readonly problems: readonly ConfigProblem[] } {
  const result = fileSchema.safeParse(input);
  if (!result.success) return { problems: result.error.issues.map(innermost).map(problemOf) };
  const file: GatewayFile = { ...result.data, cost: { ...result.data.cost, prices: { ...builtinPrices, ...result.data.cost.prices } } };
  const { listen, epochMs, store, cost, ...core } = file;
  const gateway: GatewayConfig = { ...core, unknownModel: cost.unknownModel, prices: priceTable(cost.prices) };
  const violations = [...ruleViolations(gateway), ...sharedCacheViolations(gateway, storeInUse ?? store)];
  if (violations.length > 0) return { problems: violations.map(({ path, message }) => ({ path: parsePath(path), message })) };
  return { ok: { gateway, listen, epochMs, store, file } };
}

/** `routes[1].deployments[0]`; `(root)` for the whole. */
export function pathText(path: ConfigPath): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return text === "" ? "(root)" : text.replace(/^\./, "");
}

function parsePath(text: string): ConfigPath {
  return [...text.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
}

type Issue = z.core.$ZodIssue;

/** Of a setting that may have one of several shapes, what is wrong with the one that it is nearest to. */
function innermost(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const nearest = issue.errors.find((issues) => issues.some(({ path }) => path.length > 0)) ?? [];
  const [inner] = nearest;
  return inner === undefined ? issue : innermost({ ...inner, path: [...issue.path, ...inner.path] });
}

function problemOf(issue: Issue): ConfigProblem {
  const [unknownKey] = issue.code === "unrecognized_keys" ? issue.keys : [];
  return { path: issue.path, message: issue.message, ...(unknownKey !== undefined && { unknownKey }) };
}

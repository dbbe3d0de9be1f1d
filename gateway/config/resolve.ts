import type { DefectConfig, GatewayConfig } from "../core/config.ts";
import type { Egress } from "../core/egress.ts";
import type { ControlConfig } from "./control-schema.ts";
import { defectViolations } from "./defect.ts";
import { fileSchema, type GatewayFile } from "./file-schema.ts";
import type { StoreConfig } from "./governance-schema.ts";
import { type PriceSettings, priceTable } from "./prices.ts";
import { problemOfRule, problemsOf, type Resolution } from "./problem.ts";
import type { RuleViolation } from "./rule-violation.ts";
import { ruleViolations, sharedCacheViolations } from "./rules.ts";
import { vaultViolations } from "./vault-rules.ts";
import type { VaultConfig } from "./vault-schema.ts";

/** A config that can be used, every default filled in. */
export interface ResolvedConfig {
  /** What the gateway's core runs. */
  readonly gateway: GatewayConfig;
  /** Who reads metrics and state, and whether the paths with which a lab injects faults exist. */
  readonly admin: { readonly key?: string; readonly open: boolean; readonly faultInjection: boolean };
  /** Port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number; readonly bodyBytesMax: number };
  /** Unix ms at which the clock's `nowMs` is zero, for defects with a time span; null: when the process began. */
  readonly epochMs: number | null;
  /** How long open requests may take to finish once the process begins to shut down. */
  readonly drainMs: number;
  readonly store: StoreConfig;
  /** Null: no credential is in a vault. */
  readonly vault: VaultConfig | null;
  /** Null: the file's own configuration is all there is. */
  readonly control: ControlConfig | null;
  /** Where this process reaches an origin elsewhere. */
  readonly egress: Egress;
  /** Versions of the gateway's code that packages may ask for. */
  readonly runtimes: Readonly<Record<string, readonly DefectConfig[]>>;
  /** All of it as a config file: resolving this again gives the same. The built-in prices are in it. */
  readonly file: GatewayFile;
}

/**
 * The one reader of the gateway's configuration: schema, defaults and rules. `input` is the content of a config file.
 * The process, `--check` and the virtual harness all call it, so that a config means the same everywhere. `listPrices`:
 * the built-in prices. `storeInUse`: the store that is open already, whatever the input names.
 */
export function resolveGatewayConfig(input: unknown, listPrices: PriceSettings, storeInUse?: StoreConfig): Resolution<ResolvedConfig> {
  const result = fileSchema.safeParse(input);
  if (!result.success) return { problems: result.error.issues.flatMap(problemsOf) };
  const prices = { ...listPrices, ...result.data.cost.prices };
  const file: GatewayFile = { ...result.data, cost: { ...result.data.cost, prices } };
  const { admin, listen, drainMs, epochMs, store, vault = null, control = null, egress = {}, runtimes = {}, cost, ...core } = file;
  const gateway: GatewayConfig = { ...core, unknownModel: cost.unknownModel, prices: priceTable(cost.prices) };
  const violations = [...ruleViolations(gateway), ...sharedCacheViolations(gateway, storeInUse ?? store), ...vaultViolations(file), ...runtimeViolations(runtimes)];
  if (violations.length > 0) return { problems: violations.map(problemOfRule) };
  return { ok: { gateway, admin, listen, drainMs, epochMs, store, vault, control, egress, runtimes, file } };
}

function runtimeViolations(runtimes: ResolvedConfig["runtimes"]): readonly RuleViolation[] {
  return Object.entries(runtimes).flatMap(([name, defects]) => defects.flatMap((defect, index) => defectViolations(defect, `runtimes.${name}[${index}]`)));
}

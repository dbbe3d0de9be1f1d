import { createHash } from "node:crypto";
import { checkPackage, packageSchema } from "../../gateway/config/package.ts";
import { pathText } from "../../gateway/config/problem.ts";
import { resolveGatewayConfig, type ResolvedConfig } from "../../gateway/config/resolve.ts";
import { listPrices } from "./list-price.ts";

export { createHash };
export type ConfigPackage = ReturnType<typeof packageSchema.parse>;

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/**
 * The check of a data plane with this configuration of its own, as the live process makes it
 * (gateway/http/data-plane.ts).
 */
export function offerCheck({ gateway: { region }, store, vault, runtimes }: ResolvedConfig) {
  const host = { region, store, runtimes, listPrices: listPrices(), ...(vault !== null && { vault }) };
  return (offered: unknown) => {
    const checked = checkPackage(offered, host, createHash);
    if ("reason" in checked) return checked;
    const { version, hash } = checked.ok.package;
    return { ok: { id: { version, hash }, config: checked.ok.config } };
  };
}

/** What the gateway's loader says about a configuration: null when it would run it, else why not. */
export function loaderReason(config: object): string | null {
  const resolved = resolveGatewayConfig(config, listPrices());
  return "ok" in resolved ? null : resolved.problems.slice(0, 5).map(({ path, message }) => `${pathText(path)}: ${message}`).join("; ");
}

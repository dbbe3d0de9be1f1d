import type { Plan } from "../../kernel/plan.ts";
import { componentsOf } from "../../kernel/topology.ts";
import { simulatorKey, simulatorKeyVariable } from "../plan/gateway-config.ts";
import { environmentOf, type RegionSecrets } from "./region-secrets.ts";

/**
 * What a data plane gets its providers' credentials by: the keys to its region's vault, or, in a stack without one, the
 * credential itself.
 */
export function credentialEnvironment(plan: Plan, secrets: RegionSecrets): Record<string, string> {
  return componentsOf(plan, "vault").length > 0 ? environmentOf(secrets, ["vaultPlane", "regional"]) : { [simulatorKeyVariable]: simulatorKey };
}

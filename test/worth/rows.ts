import { sixProtections, type Protection } from "../../lab/suite/protections.ts";

/** What a protection is measured by in a scenario. */
export type WorthMeasure = "lostDemand" | "detection";

/** A protection, and the scenarios in which it should show. */
export interface MeasuredProtection extends Protection {
  readonly scenarios: readonly string[];
  readonly by: WorthMeasure;
}

type Measured = Pick<MeasuredProtection, "scenarios" | "by">;
const byLoss = (...scenarios: readonly string[]): Measured => ({ scenarios, by: "lostDemand" });

const measuredIn: Readonly<Record<(typeof sixProtections)[number]["name"], Measured>> = {
  regions: byLoss("region-loss", "region-silent", "gateway-dead"),
  bypass: byLoss("break-glass-drill"),
  "contract-check": byLoss("provider-contaminates", "contract-drift", "gateway-contract-drift"),
  ramp: byLoss("region-return", "cold-cache-recovery"),
  observer: { scenarios: ["gateway-sick"], by: "detection" },
  staging: byLoss("kill-switch-skips-staging", "bad-config-swapped-providers"),
};

/** The six, measured. */
export const measuredSix: readonly MeasuredProtection[] = sixProtections.map((protection) => ({ ...protection, ...measuredIn[protection.name] }));

/** What `hardened` has besides. */
export const furtherProtections: readonly MeasuredProtection[] = [
  { name: "canary", title: "an identity canary of new configurations", ...byLoss("bad-config-swapped-providers") },
  { name: "leases", title: "leases of keys with grace", ...byLoss("vault-sealed") },
  { name: "shedding", title: "a limit on what waits at a provider", ...byLoss("saturation", "cold-cache-recovery") },
];

export const full = "hardened";

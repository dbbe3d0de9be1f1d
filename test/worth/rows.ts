/** What a protection is measured by in a scenario. */
export type WorthMeasure = "lostDemand" | "detection";

/** One of the article's six protections, or one of the lab's own, and the scenarios in which it should show. */
export interface Protection {
  /** What stands in `hardened-without-…`. */
  readonly without: string;
  readonly title: string;
  readonly scenarios: readonly string[];
  readonly by: WorthMeasure;
}

/** The six of the article. */
export const sixProtections: readonly Protection[] = [
  { without: "regions", title: "two regions with control planes of their own", scenarios: ["region-loss", "region-silent", "gateway-dead"], by: "lostDemand" },
  { without: "bypass", title: "break-glass", scenarios: ["break-glass-drill"], by: "lostDemand" },
  { without: "contract-check", title: "contract tests", scenarios: ["provider-contaminates", "contract-drift", "gateway-contract-drift"], by: "lostDemand" },
  { without: "ramp", title: "warm-up and ramp", scenarios: ["region-return", "cold-cache-recovery"], by: "lostDemand" },
  { without: "observer", title: "independent observability", scenarios: ["gateway-sick"], by: "detection" },
  { without: "staging", title: "staged push", scenarios: ["kill-switch-skips-staging", "bad-config-swapped-providers"], by: "lostDemand" },
];

/** What `hardened` has besides. */
export const furtherProtections: readonly Protection[] = [
  { without: "canary", title: "an identity canary of new configurations", scenarios: ["bad-config-swapped-providers"], by: "lostDemand" },
  { without: "leases", title: "leases of keys with grace", scenarios: ["vault-sealed"], by: "lostDemand" },
  { without: "shedding", title: "a limit on what waits at a provider", scenarios: ["saturation", "cold-cache-recovery"], by: "lostDemand" },
];

export const full = "hardened";
export const stackWithout = ({ without }: Pick<Protection, "without">): string => `${full}-without-${without}`;

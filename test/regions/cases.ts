/** What must hold when a region or an edge is lost and returns, a scenario of the library each. */
export const regionCases = [
  { name: "region A killed", scenario: "region-loss", lost: "region" },
  { name: "region A stopped", scenario: "region-silent", lost: "region" },
  { name: "region A returns, cold", scenario: "region-return", lost: "region" },
  { name: "an edge killed", scenario: "edge-dead", lost: "edge" },
  { name: "an edge stopped", scenario: "edge-silent", lost: "edge" },
  { name: "health flaps each second", scenario: "health-flap", lost: null },
] as const;

export type RegionCase = (typeof regionCases)[number];

/** All new traffic has to be elsewhere within this, ms. */
export const moveMsMax = 3_000;

/** The edge's limit, in the stack `hardened`: the share of all capacity that is removed within 60 s. */
export const removedMax = 0.5;

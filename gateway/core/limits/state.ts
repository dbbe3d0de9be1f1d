/**
 * The units that are counted, each in its own window. Money is in billionths of a US dollar, so that all three are
 * whole numbers.
 */
export const limitUnits = ["requests", "tokens", "usd"] as const;
export type LimitUnit = (typeof limitUnits)[number];

/** What a team has left, as this process last read it. Money in US dollars. */
export interface LimitState {
  readonly team: string;
  readonly unit: LimitUnit;
  readonly windowMs: number;
  readonly limit: number;
  readonly left: number;
  readonly untilMs: number;
  readonly from: "shared" | "local";
}

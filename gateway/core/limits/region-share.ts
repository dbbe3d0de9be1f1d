import type { Clock } from "../../../kernel/clock.ts";

/**
 * The header by which an edge names the share of all traffic that its own region bears now. It comes with each health
 * check.
 */
export const regionShareHeader = "x-blastlab-region-share";

/** What was reported holds for so long: several health checks. */
const reportedMs = 3_000;

/**
 * The part of a team's allowance that this region may give: its configured share, or more while its own edge reports
 * that other regions are out.
 */
export class RegionShare {
  readonly #clock: Pick<Clock, "nowMs">;
  #reported = { share: 0, untilMs: -Infinity };

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  /** Ignores what is no share. */
  report(share: number): void {
    if (!(share > 0 && share <= 1)) return;
    this.#reported = { share, untilMs: this.#clock.nowMs() + reportedMs };
  }

  /** Never less than what the region has for itself. */
  of(configured: number): number {
    const { share, untilMs } = this.#reported;
    return this.#clock.nowMs() < untilMs ? Math.max(configured, share) : configured;
  }
}

import type { Clock } from "../../../kernel/clock.ts";
import type { TransportResponse } from "../../../kernel/transport.ts";
import { earn, fullBudget, spend, type Budget } from "../../core/policies/budget.ts";
import { undeliveredHeader } from "../../core/replies.ts";
import { choose, type Tried } from "./choose.ts";
import type { Fleet } from "./fleet.ts";
import type { Replica } from "./replica.ts";
import type { EdgeSettings } from "./settings.ts";

interface ElsewhereOptions {
  readonly settings: EdgeSettings;
  readonly clock: Clock;
  readonly fleet: Fleet;
}

/**
 * Which replica of another region may be asked after a gateway has answered that it delivered nothing. A region is cut
 * off from the providers where another one is well. An outage of the providers is seen by all regions alike, and there
 * a second attempt is load without use: so the other region must fail far less, and one bucket pays for all of these
 * attempts. Law: attempts elsewhere <= requests * ratio + tokensMax.
 */
export class Elsewhere {
  readonly #options: ElsewhereOptions;
  #budget: Budget;

  constructor(options: ElsewhereOptions) {
    this.#options = options;
    this.#budget = fullBudget(options.settings.retry.elsewhere);
  }

  /** A request came. */
  earn(): void {
    this.#budget = earn(this.#budget, this.#options.settings.retry.elsewhere);
  }

  /**
   * The replica that is to be asked, which is paid for with it; null: the answer is passed on. `from` has been
   * observed.
   */
  take({ status, headers }: TransportResponse, from: Replica, key: string, tried: Tried): Replica | null {
    if (status < 500 || headers[undeliveredHeader] === undefined || tried.regions.size > 1) return null;
    const healthy = this.#options.fleet.replicas.filter((replica) => isWell(replica) && !tried.regions.has(replica.region) && this.#failsLess(replica.region, from.region));
    const replica = choose(healthy, key, tried, () => 1);
    const left = replica === undefined ? null : spend(this.#budget);
    if (left === null) return null;
    this.#budget = left;
    return replica!;
  }

  /** By the measure of ejection, but of whole regions: what cuts one off hits all of its replicas. */
  #failsLess(region: string, than: string): boolean {
    return this.#failureShare(region) <= this.#options.settings.ejection.othersShareMax * this.#failureShare(than);
  }

  #failureShare(region: string): number {
    const nowMs = this.#options.clock.nowMs();
    const counts = this.#options.fleet.replicas.filter((replica) => replica.region === region).map(({ outcomes }) => outcomes.counts(nowMs));
    const total = counts.reduce((sum, one) => sum + one.total, 0);
    return total === 0 ? 0 : counts.reduce((sum, { failed }) => sum + failed, 0) / total;
  }
}

/** In the rotation with all of its traffic, and nothing speaks against it. */
function isWell(replica: Replica): boolean {
  return replica.isIn && !replica.isSick && replica.ramp === null;
}

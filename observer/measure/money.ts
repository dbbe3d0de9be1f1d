import type { Plan } from "../../kernel/plan.ts";
import type { WireRecord } from "../../kernel/records.ts";
import { sum } from "../../kernel/stats.ts";
import type { Money } from "../../kernel/verdict.ts";
import { billOf, usdOf } from "./bill.ts";
import type { Judged } from "./classify.ts";
import { attemptsOf } from "./effort.ts";
import { exposureSpan, judgedWithin, steadySpan, type Span } from "./windows.ts";

interface Run {
  readonly judged: readonly Judged[];
  readonly wire: readonly WireRecord[];
}

/**
 * What providers billed for the exposure's requests, and for the control's, in US dollars. Null where the plan has no
 * prices.
 */
export function moneyOf(plan: Plan, run: Run, paired: Run | null): Money | null {
  if (plan.deployments.every(({ price }) => (price ?? null) === null)) return null;
  const exposed = billedIn(plan, run, exposureSpan(plan));
  const controlUsd = plan.measure.control === "paired" ? (paired === null ? null : billedIn(plan, paired, exposureSpan(plan)).usd) : scaled(billedIn(plan, run, steadySpan(plan)), exposed.requests);
  return { billedUsd: exposed.usd, controlUsd, differenceUsd: controlUsd === null ? null : exposed.usd - controlUsd, unpricedAttempts: exposed.unpriced };
}

interface Billed {
  readonly requests: number;
  readonly usd: number;
  /** Attempts at deployments without a price. They are not in `usd`. */
  readonly unpriced: number;
}

function billedIn(plan: Plan, { judged, wire }: Run, span: Span): Billed {
  const requests = judgedWithin(span, judged);
  const bills = attemptsOf(requests, wire, (atMs) => atMs >= span.fromMs && atMs <= span.toMs).map(billOf(plan));
  return { requests: requests.length, usd: usdOf(sum(bills.map((bill) => bill ?? 0))), unpriced: bills.filter((bill) => bill === null).length };
}

/** What as many requests would have cost. */
function scaled({ requests, usd }: Billed, count: number): number | null {
  return requests === 0 ? null : (usd * count) / requests;
}

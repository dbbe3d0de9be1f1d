import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { RunEnd } from "../../kernel/records.ts";
import { explain } from "./books.ts";
import type { Judged } from "./classify.ts";
import type { Knowledge } from "./knowledge.ts";
import { isImpossible } from "./possible.ts";

/** Requests whose end the records do not show, so that no measure may rest on it. */
export interface Unjudged {
  /**
   * They have a record, which cannot be true, which the providers' logs do not explain, or which another record
   * contradicts.
   */
  readonly requestIds: ReadonlySet<string>;
  /** They were offered and have no record. */
  readonly missing: readonly Arrival[];
}

interface Given {
  readonly plan: Plan;
  readonly knowledge: Knowledge;
  readonly arrivals: readonly Arrival[];
  /** Null: it is not known when the run ended. */
  readonly end: RunEnd | null;
}

/** Which of the offered requests cannot be judged (docs/metrics.md, "Lost demand"). */
export function unjudgedOf(judged: readonly Judged[], given: Given): Unjudged {
  const counts = new Map<string, number>();
  for (const { record } of judged) counts.set(record.requestId, (counts.get(record.requestId) ?? 0) + 1);
  const isUnexplained = (each: Judged) => each.record.sentMs !== null && explain(each, given.knowledge) === "unexplained";
  const isDoubtful = (each: Judged) => counts.get(each.record.requestId) !== 1 || isUnexplained(each) || isImpossible(each, given);
  return {
    requestIds: new Set(judged.filter(isDoubtful).map(({ record }) => record.requestId)),
    missing: given.arrivals.filter(({ requestId }) => !counts.has(requestId)),
  };
}

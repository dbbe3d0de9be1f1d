import type { Arrival } from "../../kernel/plan.ts";
import { explain } from "./books.ts";
import type { Judged } from "./classify.ts";
import type { Knowledge } from "./knowledge.ts";

/** Requests whose end the records do not show, so that no measure may rest on it. */
export interface Unjudged {
  /** They have a record, which the providers' logs do not explain or which another record contradicts. */
  readonly requestIds: ReadonlySet<string>;
  /** They were offered and have no record. */
  readonly missing: readonly Arrival[];
}

/** Which of the offered requests cannot be judged (docs/metrics.md, "Requests that cannot be judged"). */
export function unjudgedOf(judged: readonly Judged[], knowledge: Knowledge, arrivals: readonly Arrival[]): Unjudged {
  const counts = new Map<string, number>();
  for (const { record } of judged) counts.set(record.requestId, (counts.get(record.requestId) ?? 0) + 1);
  const isDoubtful = (each: Judged) => counts.get(each.record.requestId) !== 1 || (each.record.sentMs !== null && explain(each, knowledge) === "unexplained");
  return {
    requestIds: new Set(judged.filter(isDoubtful).map(({ record }) => record.requestId)),
    missing: arrivals.filter(({ requestId }) => !counts.has(requestId)),
  };
}

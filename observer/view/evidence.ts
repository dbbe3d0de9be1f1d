import type { Plan, Timeline } from "../../kernel/plan.ts";
import type { RunRecords } from "../../kernel/records.ts";
import type { Judged } from "../measure/classify.ts";

/** The records of a run, and each request as it was judged: what series and the tables of records are made of. */
export interface Evidence {
  readonly plan: Plan;
  readonly records: RunRecords;
  readonly judged: readonly Judged[];
  /** As far as it was played; absent: as planned. */
  readonly timeline?: Timeline;
}

import type { Arrival, Plan } from "../../kernel/plan.ts";
import type { RunRecords } from "../../kernel/records.ts";
import { classify, type Judged } from "../measure/classify.ts";
import { knowledgeOf } from "../measure/knowledge.ts";

/** The records of a run, each request judged: what series and the tables of records are made of. */
export interface Evidence {
  readonly plan: Plan;
  readonly records: RunRecords;
  readonly judged: readonly Judged[];
}

export function evidenceOf(plan: Plan, records: RunRecords, arrivals: readonly Arrival[]): Evidence {
  const knowledge = knowledgeOf(plan, records, arrivals);
  return { plan, records, judged: records.client.map((record) => classify(record, knowledge)) };
}

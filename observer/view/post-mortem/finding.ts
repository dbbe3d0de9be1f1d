import type { Plan } from "../../../kernel/plan.ts";
import type { Verdict } from "../../../kernel/verdict.ts";
import type { Value } from "../../measure/quantity.ts";
import type { Evidence } from "../evidence.ts";
import type { Finding } from "../run-view.ts";

/** What the answers of a post-mortem are made of. */
export interface Case {
  readonly plan: Plan;
  readonly verdict: Verdict;
  /** Null: the records were not given. */
  readonly evidence: Evidence | null;
}

export function finding(evidence: Finding["evidence"], ...sentence: readonly Value[]): Finding {
  return { sentence, evidence };
}

/** `a`, `a and b`, `a, b and c`. */
export function inWords(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)!}`;
}

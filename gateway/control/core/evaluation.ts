/** What the eval gate decided about a candidate beside the active package. Only `pass` lets it through. */
export interface Evaluation {
  readonly decision: "pass" | "fail" | "undecided" | "unknown";
  /** Why, one sentence each. */
  readonly reasons: readonly string[];
}

const strictest = ["fail", "unknown", "undecided", "pass"] as const;

/**
 * Of several comparisons the strictest decides, with its own reasons. Without one there is nothing against the
 * candidate.
 */
export function joined(evaluations: readonly Evaluation[]): Evaluation {
  const decision = strictest.find((each) => evaluations.some((evaluation) => evaluation.decision === each)) ?? "pass";
  return { decision, reasons: evaluations.filter((evaluation) => evaluation.decision === decision).flatMap(({ reasons }) => reasons) };
}

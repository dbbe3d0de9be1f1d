/** What a guard did, for the request's event. Names kinds and rules, never contents. */
export interface GuardReport {
  readonly guard: "pii" | "injection";
  readonly action: "scrubbed" | "scrubbed_answer" | "blocked" | "flagged" | "failed_open" | "failed_closed";
  /** `email:2,phone:1`; `ignore-instructions,hidden-characters`; why it failed. */
  readonly detail: string;
}

/** Adds a guard's report to a request's. */
export function addGuardReport(reports: { guards?: readonly GuardReport[] }, report: GuardReport): void {
  reports.guards = [...(reports.guards ?? []), report];
}

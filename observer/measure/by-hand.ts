import type { Plan } from "../../kernel/plan.ts";
import type { RunRecords } from "../../kernel/records.ts";
import { withHandFaults } from "./hand-faults.ts";
import { withHandSteps } from "./hand-steps.ts";

/** The plan with all that a person did from the live page while the run went on. */
export const withHand = (plan: Plan, records: Pick<RunRecords, "hand" | "faults">): Plan => withHandSteps(withHandFaults(plan, records), records);

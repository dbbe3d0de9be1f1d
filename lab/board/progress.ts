import type { PlannedAction } from "../../kernel/action.ts";
import type { Fault } from "../../kernel/fault.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { ActionRecord, FaultRecord, LiveLine } from "../../kernel/records.ts";

/** Progress of a run, as it happens. The conductor emits, the board shows; neither waits for the other. */
export type ProgressEvent =
  | { readonly type: "stage"; readonly name: StageName; readonly detail: string }
  | { readonly type: "plan"; readonly plan: Plan; readonly directory: string; readonly load: LoadKind; readonly network: NetworkKind; readonly part?: RunPart }
  | { readonly type: "live"; readonly live: LiveLine }
  | { readonly type: "fault"; readonly record: FaultRecord }
  /** A person is about to inject it. */
  | { readonly type: "hand"; readonly fault: Fault }
  /** A person is about to take it. */
  | { readonly type: "step"; readonly step: PlannedAction }
  /** What became of a step of an operator, planned or by hand. */
  | { readonly type: "action"; readonly record: ActionRecord };

/** The stages of a run. */
export type StageName = "validate" | "plan" | "start" | "ready" | "warm_up" | "steady" | "fault" | "recovery" | "verdict" | "stop";

/** Which of the two runs of a paired control it is. */
export type RunPart = "control" | "run";

/** `control 1 of 2`. */
export const partText = (part: RunPart): string => (part === "control" ? "control 1 of 2" : "run 2 of 2");

export type LoadKind = "k6" | "embedded";
export type NetworkKind = "toxiproxy" | "embedded";

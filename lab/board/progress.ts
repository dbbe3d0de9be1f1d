import type { Plan } from "../../kernel/plan.ts";
import type { FaultRecord } from "../../kernel/records.ts";
import type { Verdict } from "../../kernel/verdict.ts";

/** What a run tells whoever watches it, as it happens. The conductor emits, the board shows; neither waits for the other. */
export type ProgressEvent =
  | { readonly type: "stage"; readonly name: StageName; readonly detail: string }
  | { readonly type: "plan"; readonly plan: Plan; readonly directory: string; readonly load: LoadKind; readonly network: NetworkKind }
  | { readonly type: "live"; readonly live: LiveLine }
  | { readonly type: "fault"; readonly record: FaultRecord }
  | { readonly type: "verdict"; readonly verdict: Verdict; readonly plan: Plan; readonly directory: string; readonly replay: string };

/** The stages of a run, in the words of the design's flow "a scenario, live". */
export type StageName = "validate" | "plan" | "start" | "ready" | "warm_up" | "steady" | "fault" | "recovery" | "verdict" | "stop";

export type LoadKind = "k6" | "embedded";
export type NetworkKind = "toxiproxy" | "embedded";

/** One line a second of the observer's stdout: counts since the run's start, as the taps show them so far. */
export interface LiveLine {
  /** On the run's timeline. */
  readonly atMs: number;
  readonly sent: number;
  readonly done: number;
  readonly bad: number;
  readonly badByCause: Readonly<Record<string, number>>;
  /** Of the requests of the last window; null while there are none. */
  readonly windowBadShare: number | null;
  readonly perDeployment: Readonly<Record<string, { readonly attempts: number; readonly failures: number }>>;
  /** First burn-rate alarm of the observer; null: none yet. */
  readonly firstAlarmMs: number | null;
  /** Failures that the gateway's own metrics admit to; null: they cannot be read. */
  readonly gatewayBelievesFailures: number | null;
}

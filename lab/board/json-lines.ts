import type { ActionRecord, FaultRecord } from "../../kernel/records.ts";
import type { LoadKind, NetworkKind, ProgressEvent, RunPart, StageName } from "./progress.ts";
import { advance, emptyBoard, type BoardState } from "./state.ts";

/**
 * What `--json` prints while a run goes on: one object a line (docs/live-page.md, "For programs"). Times are ms on the
 * timeline of the run.
 */
export type ProgressLine =
  | { readonly type: "page"; readonly url: string }
  | { readonly type: "stage"; readonly stage: StageName; readonly detail: string }
  | PlanLine
  | SecondLine
  | { readonly type: "fault"; readonly fault: string; readonly title: string; readonly action: FaultRecord["action"]; readonly atMs: number; readonly detail: string }
  | { readonly type: "step"; readonly step: string; readonly title: string; readonly outcome: ActionRecord["outcome"]; readonly atMs: number; readonly detail: string };

export interface PlanLine {
  readonly type: "plan";
  readonly run: string;
  readonly scenario: string;
  readonly stack: string;
  readonly seed: number;
  readonly requests: number;
  readonly endMs: number;
  readonly directory: string;
  /** Null: the run has no control of its own. */
  readonly part: RunPart | null;
  readonly load: LoadKind;
  readonly network: NetworkKind;
}

/** The run so far. */
export interface SecondLine {
  readonly type: "second";
  readonly atMs: number;
  readonly endMs: number;
  readonly offered: number;
  readonly answered: number;
  readonly bad: number;
  readonly badByCause: Readonly<Record<string, number>>;
  /** Of the last window; null: it has no request. */
  readonly windowBadShare: number | null;
  readonly deployments: Readonly<Record<string, { readonly attempts: number; readonly failures: number }>>;
  /** Null: there was none yet. */
  readonly alarmMs: number | null;
  /** Null: its metrics could not be read. */
  readonly gatewayCountedFailures: number | null;
  /** Ids of the faults that are in force. */
  readonly inForce: readonly string[];
  /** Teams whose clients go past the gateways. */
  readonly bypassed: readonly string[];
}

/** The line for each event of a run, in their order; null where an event has none. */
export function progressLines(): (event: ProgressEvent) => ProgressLine | null {
  let state: BoardState = emptyBoard;
  return (event) => {
    state = advance(state, event);
    return lineOf(event, state);
  };
}

function lineOf(event: ProgressEvent, state: BoardState): ProgressLine | null {
  switch (event.type) {
    case "stage":
      return { type: "stage", stage: event.name, detail: event.detail };
    case "plan":
      return planLine(event);
    case "live":
      return secondLine(event, state);
    case "fault": {
      const { fault, action, atMs, detail } = event.record;
      return { type: "fault", fault, title: state.plan?.faults.find(({ id }) => id === fault)?.title ?? "", action, atMs: Math.round(atMs), detail };
    }
    case "action": {
      const { action: step, outcome, atMs, detail } = event.record;
      return { type: "step", step, title: state.plan?.actions?.find(({ id }) => id === step)?.title ?? "", outcome, atMs: Math.round(atMs), detail };
    }
    case "hand":
    case "step":
      return null;
  }
}

function planLine({ plan, directory, part, load, network }: Extract<ProgressEvent, { type: "plan" }>): PlanLine {
  const { run, scenario, stack, seed, arrivalCount: requests, timeline } = plan;
  return { type: "plan", run, scenario, stack, seed, requests, endMs: timeline.endMs, directory, part: part ?? null, load, network };
}

function secondLine({ live }: Extract<ProgressEvent, { type: "live" }>, { plan, inForce, bypassed }: BoardState): SecondLine {
  const { atMs, sent: offered, done: answered, bad, badByCause, windowBadShare, perDeployment: deployments, firstAlarmMs: alarmMs, gatewayCountedFailures } = live;
  const endMs = plan?.timeline.endMs ?? 0;
  return { type: "second", atMs, endMs, offered, answered, bad, badByCause, windowBadShare, deployments, alarmMs, gatewayCountedFailures: gatewayCountedFailures, inForce, bypassed };
}

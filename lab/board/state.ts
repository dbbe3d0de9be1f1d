import type { Plan } from "../../kernel/plan.ts";
import type { LiveLine, LiveStep } from "../../kernel/records.ts";
import { runStepsOf } from "../../observer/measure/run-steps.ts";
import type { LoadKind, NetworkKind, ProgressEvent, RunPart, StageName } from "./progress.ts";

/** The state of a run, built from its events. */
export interface BoardState {
  readonly stage: { readonly name: StageName; readonly detail: string } | null;
  readonly plan: Plan | null;
  readonly directory: string;
  /** Null: it has no control of its own. */
  readonly part: RunPart | null;
  readonly load: LoadKind | null;
  readonly network: NetworkKind | null;
  readonly live: LiveLine | null;
  /** Bad share of the last window, a value a live line, the newest last. */
  readonly badShares: readonly (number | null)[];
  /** The last steps of the run, as far as the last window reaches, by their index. */
  readonly lastSteps: readonly LiveStep[];
  /** Ids of the injected faults that are in force. */
  readonly inForce: readonly string[];
}

export const emptyBoard: BoardState = { stage: null, plan: null, directory: "", part: null, load: null, network: null, live: null, badShares: [], lastSteps: [], inForce: [] };

/** Bars of the sparkline, which is also what fits in half a line of 80. */
export const badSharesMax = 40;

/** The board after one more event. */
export function advance(state: BoardState, event: ProgressEvent): BoardState {
  switch (event.type) {
    case "stage":
      return { ...state, stage: { name: event.name, detail: event.detail } };
    case "plan":
      return { ...emptyBoard, stage: state.stage, plan: event.plan, directory: event.directory, part: event.part ?? null, load: event.load, network: event.network };
    case "live":
      return { ...state, live: event.live, badShares: [...state.badShares, event.live.windowBadShare].slice(-badSharesMax), lastSteps: lastStepsOf(state, event.live) };
    case "hand":
      return state.plan === null ? state : { ...state, plan: { ...state.plan, faults: [...state.plan.faults, event.fault] } };
    case "fault": {
      const others = state.inForce.filter((id) => id !== event.record.fault);
      return { ...state, inForce: event.record.action === "injected" ? [...others, event.record.fault] : others };
    }
  }
}

function lastStepsOf({ plan, lastSteps }: BoardState, { steps = [] }: LiveLine): readonly LiveStep[] {
  if (plan === null) return [];
  const known = new Map([...lastSteps, ...steps].map((step) => [step.index, step]));
  const fromIndex = Math.max(-1, ...known.keys()) - Math.max(1, Math.round(plan.measure.windowMs / runStepsOf(plan).stepMs));
  return [...known.values()].filter(({ index }) => index > fromIndex).sort((a, b) => a.index - b.index);
}

export interface WorstCell {
  readonly name: string;
  readonly offered: number;
  readonly bad: number;
}

/** The cell with the largest bad share of the last window. Null: none had a bad request. */
export function worstCell({ lastSteps }: Pick<BoardState, "lastSteps">): WorstCell | null {
  const names = new Set(lastSteps.flatMap(({ cells }) => Object.keys(cells)));
  const sumOf = (name: string, of: "offered" | "bad") => lastSteps.reduce((sum, { cells }) => sum + (cells[name]?.[of] ?? 0), 0);
  const lately = [...names].map((name) => ({ name, offered: sumOf(name, "offered"), bad: sumOf(name, "bad") })).filter(({ bad }) => bad > 0);
  return lately.toSorted((a, b) => b.bad / b.offered - a.bad / a.offered)[0] ?? null;
}

/** What is wrong now by the plan and the conductor's records, one short line each: a fault's title, and the phase that it is in. */
export function troublesNow({ plan, live, inForce }: BoardState): string[] {
  if (plan === null || live === null) return [];
  return plan.faults.filter(({ id }) => inForce.includes(id)).flatMap(({ title, phases }) => {
    const phase = phases.find(({ fromMs, toMs }) => fromMs <= live.atMs && live.atMs < toMs);
    return [phase === undefined ? title : `${title}, phase ${phase.index + 1} of ${phases.length}: ${phase.title}`];
  });
}

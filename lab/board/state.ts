import type { BreakGlassSettings } from "../../kernel/action.ts";
import type { Plan } from "../../kernel/plan.ts";
import type { ActionRecord, LiveLine, LiveStep } from "../../kernel/records.ts";
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
  /** The last steps of the run, as far as the sparklines and the last window reach, by their index. */
  readonly lastSteps: readonly LiveStep[];
  /** Ids of the injected faults that are in force. */
  readonly inForce: readonly string[];
  /** Teams whose clients go past the gateways. */
  readonly bypassed: readonly string[];
}

export const emptyBoard: BoardState = { stage: null, plan: null, directory: "", part: null, load: null, network: null, live: null, badShares: [], lastSteps: [], inForce: [], bypassed: [] };

/** Bars of a sparkline, which is also what fits in half a line of 80. */
export const barsMax = 40;

/** The board after one more event. */
export function advance(state: BoardState, event: ProgressEvent): BoardState {
  switch (event.type) {
    case "stage":
      return { ...state, stage: { name: event.name, detail: event.detail } };
    case "plan":
      return { ...emptyBoard, stage: state.stage, plan: event.plan, directory: event.directory, part: event.part ?? null, load: event.load, network: event.network };
    case "live":
      return { ...state, live: event.live, badShares: [...state.badShares, event.live.windowBadShare].slice(-barsMax), lastSteps: lastStepsOf(state, event.live) };
    case "hand":
      return state.plan === null ? state : { ...state, plan: { ...state.plan, faults: [...state.plan.faults, event.fault] } };
    case "step":
      return state.plan === null ? state : { ...state, plan: { ...state.plan, actions: [...(state.plan.actions ?? []), event.step] } };
    case "action":
      return { ...state, bypassed: bypassedAfter(state, event.record) };
    case "fault": {
      const others = state.inForce.filter((id) => id !== event.record.fault);
      return { ...state, inForce: event.record.action === "injected" ? [...others, event.record.fault] : others };
    }
  }
}

function bypassedAfter({ plan, bypassed }: BoardState, { action, outcome }: ActionRecord): readonly string[] {
  const step = plan?.actions?.find(({ id }) => id === action);
  if (step?.kind !== "break_glass" || outcome !== "done") return bypassed;
  const { team, turn } = step.settings as BreakGlassSettings;
  const others = bypassed.filter((each) => each !== team);
  return turn === "on" ? [...others, team] : others;
}

function lastStepsOf({ plan, lastSteps }: BoardState, { steps = [] }: LiveLine): readonly LiveStep[] {
  if (plan === null) return [];
  const known = new Map([...lastSteps, ...steps].map((step) => [step.index, step]));
  return lastOf([...known.values()], Math.max(barsMax, windowSteps(plan))).toSorted((a, b) => a.index - b.index);
}

const windowSteps = (plan: Plan): number => Math.max(1, Math.round(plan.measure.windowMs / runStepsOf(plan).stepMs));

function lastOf(steps: readonly LiveStep[], count: number): readonly LiveStep[] {
  const newest = Math.max(-1, ...steps.map(({ index }) => index));
  return steps.filter(({ index }) => index > newest - count);
}

export interface WorstCell {
  readonly name: string;
  readonly offered: number;
  readonly bad: number;
}

/** The cell with the largest bad share of the last window. Null: none had a bad request. */
export function worstCell({ plan, lastSteps }: Pick<BoardState, "plan" | "lastSteps">): WorstCell | null {
  if (plan === null) return null;
  const window = lastOf(lastSteps, windowSteps(plan));
  const names = new Set(window.flatMap(({ cells }) => Object.keys(cells)));
  const sumOf = (name: string, of: "offered" | "bad") => window.reduce((sum, { cells }) => sum + (cells[name]?.[of] ?? 0), 0);
  const lately = [...names].map((name) => ({ name, offered: sumOf(name, "offered"), bad: sumOf(name, "bad") })).filter(({ bad }) => bad > 0);
  return lately.toSorted((a, b) => b.bad / b.offered - a.bad / a.offered)[0] ?? null;
}

/**
 * What is wrong now by the plan and the conductor's records, one short line each: a fault's title, and the phase that
 * it is in.
 */
export function troublesNow({ plan, live, inForce, bypassed }: BoardState): string[] {
  if (plan === null || live === null) return [];
  const past = bypassed.map((team) => `Team ${team} goes past the gateways`);
  const faults = plan.faults.filter(({ id }) => inForce.includes(id)).flatMap(({ title, phases }) => {
    const phase = phases.find(({ fromMs, toMs }) => fromMs <= live.atMs && live.atMs < toMs);
    return [phase === undefined ? title : `${title}, phase ${phase.index + 1} of ${phases.length}: ${phase.title}`];
  });
  return [...faults, ...past];
}

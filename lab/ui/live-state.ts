import type { FaultRecord, LiveStep, NoteRecord } from "../../kernel/records.ts";
import type { VerdictKind } from "../../kernel/verdict.ts";
import type { ProgressEvent } from "../board/progress.ts";
import { advance, emptyBoard, type BoardState } from "../board/state.ts";

/** How a run ended, as the live page shows it. */
export interface RunEnded {
  /** Null: it has none, because it never started or is void. */
  readonly verdict: VerdictKind | null;
  /** The deciding reason, or what went wrong. */
  readonly reason: string;
  /** Where its report is; null: there is none. */
  readonly directory: string | null;
}

/** All that the live page shows of a run. */
export interface LiveState {
  readonly board: BoardState;
  /** By their index. */
  readonly steps: ReadonlyMap<number, LiveStep>;
  readonly faults: readonly FaultRecord[];
  readonly notes: readonly NoteRecord[];
  /** A person has asked for the end of the run. */
  readonly stopping: boolean;
  readonly ended: RunEnded | null;
}

export const emptyLive: LiveState = { board: emptyBoard, steps: new Map(), faults: [], notes: [], stopping: false, ended: null };

/** The state after one more event. The run that follows its control begins anew. */
export function advanceLive(state: LiveState, event: ProgressEvent): LiveState {
  const board = advance(state.board, event);
  if (event.type === "plan") return { ...emptyLive, stopping: state.stopping, board };
  if (event.type === "fault") return { ...state, board, faults: [...state.faults, event.record] };
  if (event.type !== "live") return { ...state, board };
  const steps = new Map(state.steps);
  for (const step of event.live.steps ?? []) steps.set(step.index, step);
  return { ...state, board, steps };
}

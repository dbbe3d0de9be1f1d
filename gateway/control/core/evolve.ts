import type { ControlEvent, ControlState, HistoryEntry, Phase } from "./state.ts";

/** The state after an event. Knows no rule: what may happen was decided before the event was written. */
export function evolve(state: ControlState, event: ControlEvent, { atMs, who }: { readonly atMs: number; readonly who: string }): ControlState {
  switch (event.type) {
    case "push_refused":
      return state;
    case "staged": {
      const entry: HistoryEntry = { package: event.package, who, why: event.why, forced: event.forced, state: "staged", reached: 0, stagedAtMs: atMs, activeAtMs: null, reason: null, evaluation: null };
      const phase: Phase = { name: event.waits ? "waiting" : "checking" };
      return { ...state, history: [...state.history, entry], rollout: { hash: event.package.hash, phase, baseline: {} } };
    }
    case "checking":
      return inPhase(state, { name: "checking" });
    case "checked":
      return inPhase(state, { name: "identity" });
    case "identified":
      return state;
    case "evaluating":
      return inPhase(state, { name: "evaluating" });
    case "evaluated":
      return { ...inPhase(state, { name: "undecided" }), history: changed(state.history, event.hash, { evaluation: event.evaluation }) };
    case "step": {
      const next = inPhase(state, { name: "step", index: event.index, sinceMs: atMs, baseline: event.baseline });
      const rollout = event.index === 0 ? { ...next.rollout!, baseline: event.baseline } : next.rollout;
      return { ...next, rollout, history: changed(next.history, event.hash, { reached: event.share }) };
    }
    case "activated":
      return activated(state, event.hash, atMs);
    case "ended":
      return { ...state, rollout: null, history: changed(state.history, event.hash, { state: event.as, reason: event.reason }) };
    case "restored": {
      const entry: HistoryEntry = { package: event.package, who, why: event.why, forced: [], state: "staged", reached: 1, stagedAtMs: atMs, activeAtMs: null, reason: null, evaluation: null };
      const next = activated({ ...state, history: [...state.history, entry] }, event.package.hash, atMs);
      return state.active === null ? next : { ...next, history: changed(next.history, state.active, { state: "rolled_back", reason: event.why }) };
    }
    case "accepted":
      return { ...state, accepted: { ...state.accepted, [event.hash]: [...new Set([...(state.accepted[event.hash] ?? []), event.plane])] } };
    case "plane_refused":
      return { ...state, refusals: { ...state.refusals, [event.hash]: { ...state.refusals[event.hash], [event.plane]: event.reason } } };
    case "identity_set": {
      const { [event.deployment]: _before, ...others } = state.identities;
      return { ...state, identities: event.expected === null ? others : { ...others, [event.deployment]: event.expected } };
    }
  }
}

function inPhase(state: ControlState, phase: Phase): ControlState {
  return { ...state, rollout: state.rollout && { ...state.rollout, phase } };
}

function activated(state: ControlState, hash: string, atMs: number): ControlState {
  const before = state.active === null ? state.history : changed(state.history, state.active, { state: "superseded" });
  return { ...state, active: hash, rollout: null, history: changed(before, hash, { state: "active", reached: 1, activeAtMs: atMs }) };
}

/** Changes the last entry of a hash: a package that was refused may have been pushed again. */
function changed(history: readonly HistoryEntry[], hash: string, change: Partial<HistoryEntry>): readonly HistoryEntry[] {
  const index = history.findLastIndex((entry) => entry.package.hash === hash);
  return history.map((entry, at) => (at === index ? { ...entry, ...change } : entry));
}

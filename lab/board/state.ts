import type { Plan } from "../../kernel/plan.ts";
import type { LiveLine } from "../../kernel/records.ts";
import type { LoadKind, NetworkKind, ProgressEvent, StageName } from "./progress.ts";

/** All that the board knows of a run, as its events told it. */
export interface BoardState {
  readonly stage: { readonly name: StageName; readonly detail: string } | null;
  readonly plan: Plan | null;
  readonly directory: string;
  readonly load: LoadKind | null;
  readonly network: NetworkKind | null;
  readonly live: LiveLine | null;
  /** Bad share of the last window, a value a live line, the newest last. */
  readonly badShares: readonly (number | null)[];
  /** Ids of the injected faults that are in force. */
  readonly inForce: readonly string[];
}

export const emptyBoard: BoardState = { stage: null, plan: null, directory: "", load: null, network: null, live: null, badShares: [], inForce: [] };

/** Bars of the sparkline, which is also what fits in half a line of 80. */
export const badSharesMax = 40;

/** The board after one more event. */
export function advance(state: BoardState, event: ProgressEvent): BoardState {
  switch (event.type) {
    case "stage":
      return { ...state, stage: { name: event.name, detail: event.detail } };
    case "plan":
      return { ...state, plan: event.plan, directory: event.directory, load: event.load, network: event.network };
    case "live":
      return { ...state, live: event.live, badShares: [...state.badShares, event.live.windowBadShare].slice(-badSharesMax) };
    case "fault": {
      const others = state.inForce.filter((id) => id !== event.record.fault);
      return { ...state, inForce: event.record.action === "injected" ? [...others, event.record.fault] : others };
    }
    case "verdict":
      return state;
  }
}

/** What is wrong now by the plan and the conductor's word, one short line each: incidents' phases, then injected faults. */
export function troublesNow({ plan, live, inForce }: BoardState): string[] {
  if (plan === null || live === null) return [];
  const phases = plan.incidents.flatMap((incident) => {
    const phase = incident.phases.find(({ fromMs, toMs }) => fromMs <= live.atMs && live.atMs < toMs);
    if (phase === undefined) return [];
    const symptoms = [
      phase.errorRate > 0 ? `${Math.round(phase.errorRate * 100)} % errors` : "",
      phase.latencyFactor !== 1 ? `latency x${phase.latencyFactor}` : "",
      phase.addedLatencyMs > 0 ? `+${phase.addedLatencyMs} ms` : "",
      phase.streamTruncationRate > 0 ? `${Math.round(phase.streamTruncationRate * 100)} % cut streams` : "",
      phase.wrongOutputRate > 0 ? `${phase.wrongOutputRate * 100} % wrong output` : "",
    ].filter((text) => text !== "");
    const where = `phase ${phase.index + 1} of ${incident.phases.length} on ${incident.deployments.join(", ")}`;
    return [`${incident.incident}, ${where}: ${symptoms.join(", ") || "normal"}`];
  });
  return [...phases, ...inForce.map((id) => describeFault(plan, id))];
}

function describeFault(plan: Plan, id: string): string {
  const fault = plan.faults.find((candidate) => candidate.id === id);
  if (fault === undefined) return id;
  if (fault.kind === "link_down") return `link down to ${fault.deployment}`;
  const settings = Object.entries(fault.attributes).map(([name, value]) => `${name} ${value}`);
  return `${fault.toxic} ${fault.stream} on the link to ${fault.deployment}${settings.length === 0 ? "" : `: ${settings.join(", ")}`}`;
}

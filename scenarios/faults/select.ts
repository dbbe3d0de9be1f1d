import type { RequestSelector } from "../../kernel/plan.ts";
import type { IncidentTarget, PhaseTarget } from "../incident-target.ts";
import type { Behaviour } from "./behaviour.ts";

/**
 * A phase's behaviour for the requests that the incident's target names. Failures that stick to clients are played by a
 * share of them at a rate that is higher in turn, so that over all requests in scope the phase's rates stay what they
 * are.
 */
export function selected(behaviour: Behaviour, target: IncidentTarget, narrower: PhaseTarget | undefined): Behaviour {
  const { stickyClientShare, ...select } = selectorOf(target, narrower);
  if (stickyClientShare === undefined) return Object.keys(select).length === 0 ? behaviour : { ...behaviour, select };
  const { errorRate, streamTruncationRate, wrongOutputRate } = behaviour;
  const clientShare = Math.max(stickyClientShare, errorRate, streamTruncationRate, wrongOutputRate);
  return {
    ...behaviour,
    errorRate: errorRate / clientShare,
    streamTruncationRate: streamTruncationRate / clientShare,
    wrongOutputRate: wrongOutputRate / clientShare,
    select: { ...select, clientShare },
  };
}

/**
 * The target as a simulator asks it of a request, sticky clients apart; a phase's own fields replace the incident's.
 */
export function selectorOf(target: IncidentTarget, narrower: PhaseTarget | undefined): RequestSelector & { readonly stickyClientShare?: number | undefined } {
  const { models, endpoints, regions, tiers, stream, newConnectionsOnly, stickyClientShare } = { ...target, ...narrower };
  const fields = { models, endpoints, regions, tiers, stream, newConnectionsOnly, stickyClientShare };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

import type { PlannedPhase } from "../../kernel/plan.ts";
import type { Incident, IncidentPhase } from "../incident.ts";
import type { Behaviour } from "./behaviour.ts";
import { selected } from "./select.ts";

/** No phase is played shorter: a shorter one holds too few requests to show its rate. */
export const phaseMsMin = 10_000;

const msPerMinute = 60_000;

/** A phase before it is placed: where the timeline would have it start, and how long it lasts there. */
interface Step {
  readonly offsetMs: number;
  readonly lengthMs: number;
  readonly behaviour: Behaviour;
}

export interface PhaseOptions {
  /** Of the deployments that play it: a phase may have other rates there. */
  readonly region?: string | undefined;
  /** Whether only the requests that the incident's target names are hit; if not, all. */
  readonly select?: boolean;
}

/** An incident of the catalogue, compressed by `speed`, from `fromMs` on the run's timeline. */
export function incidentPhases(incident: Incident, fromMs: number, speed: number, options: PhaseOptions = {}): readonly PlannedPhase[] {
  return place(incident.phases.flatMap((phase) => steps(regional(phase, options.region), speed, options.select === true ? incident.target : undefined)), fromMs);
}

function regional(phase: IncidentPhase, region: string | undefined): IncidentPhase {
  const override = region === undefined ? undefined : phase.regionOverrides?.[region];
  return override === undefined ? phase : { ...phase, ...override };
}

/** A phase of a scenario's outage, written or of a shape. */
export type WrittenPhase = Behaviour & { readonly lengthMs: number };

/** Phases written out in a scenario, one after the other. `scale` divides their lengths. */
export function inlinePhases(phases: readonly WrittenPhase[], fromMs: number, scale: number): readonly PlannedPhase[] {
  let offsetMs = 0;
  const placed = phases.map(({ lengthMs: written, ...behaviour }) => {
    const lengthMs = written / scale;
    const step = { offsetMs, lengthMs, behaviour: { ...behaviour, statusMix: normalise(behaviour.statusMix) } };
    offsetMs += lengthMs;
    return step;
  });
  return place(placed, fromMs);
}

/**
 * Lays phases out: each at least `phaseMsMin`, later ones moved by what earlier ones were stretched. Whole
 * milliseconds.
 */
function place(list: readonly Step[], fromMs: number): readonly PlannedPhase[] {
  let shiftMs = 0;
  return list.map(({ offsetMs, lengthMs, behaviour }, index) => {
    const playedMs = Math.max(phaseMsMin, lengthMs);
    const startMs = fromMs + offsetMs + shiftMs;
    shiftMs += playedMs - lengthMs;
    return { index, fromMs: Math.round(startMs), toMs: Math.round(startMs + playedMs), ...behaviour };
  });
}

function steps(phase: IncidentPhase, speed: number, target: Incident["target"]): readonly Step[] {
  const offsetMs = (phase.offsetMin * msPerMinute) / speed;
  const lengthMs = (phase.lengthMin * msPerMinute) / speed;
  const select = (behaviour: Behaviour) => (target === undefined ? behaviour : selected(behaviour, target, phase.target));
  if (phase.flap === undefined) return [{ offsetMs, lengthMs, behaviour: select(behaviourOf(phase)) }];
  return flapSteps({ phase, flap: phase.flap, offsetMs, lengthMs, speed }).map((step) => ({ ...step, behaviour: select(step.behaviour) }));
}

/**
 * A flapping phase as bad and good parts. The catalogue's rate is the mean over both, so the bad part fails at rate /
 * duty. Compressed, it flaps fewer times, because each part must last `phaseMsMin`; the shares of time stay.
 */
function flapSteps(options: {
  phase: IncidentPhase;
  flap: NonNullable<IncidentPhase["flap"]>;
  offsetMs: number;
  lengthMs: number;
  speed: number;
}): readonly Step[] {
  const { phase, flap, lengthMs } = options;
  const periodMsMin = phaseMsMin / Math.min(flap.duty, 1 - flap.duty);
  const count = Math.max(1, Math.floor(lengthMs / Math.max((flap.periodMin * msPerMinute) / options.speed, periodMsMin)));
  const periodMs = lengthMs / count;
  const badMs = periodMs * flap.duty;
  const bad = { ...behaviourOf(phase), errorRate: Math.min(1, phase.errorRate / flap.duty) };
  return Array.from({ length: count }, (_, index) => options.offsetMs + index * periodMs).flatMap((atMs) => [
    { offsetMs: atMs, lengthMs: badMs, behaviour: bad },
    { offsetMs: atMs + badMs, lengthMs: periodMs - badMs, behaviour: healthy },
  ]);
}

const healthy: Behaviour = {
  errorRate: 0,
  statusMix: {},
  latencyFactor: 1,
  addedLatencyMs: 0,
  streamTruncationRate: 0,
  wrongOutputRate: 0,
  wrongOutputKind: "garbled",
};

function behaviourOf(phase: IncidentPhase): Behaviour {
  return {
    errorRate: phase.errorRate,
    statusMix: normalise(asTheProviderDoes(phase.statusMix)),
    latencyFactor: phase.latencyFactor,
    addedLatencyMs: phase.addedLatencyMs ?? 0,
    streamTruncationRate: phase.streamTruncationRate,
    wrongOutputRate: phase.wrongOutputRate,
    wrongOutputKind: "garbled",
  };
}

/** 499 is a proxy's word for a client that gave up waiting: the provider's part in it is silence, `timeout`. */
function asTheProviderDoes(mix: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const { "499": abandoned, ...rest } = mix;
  return abandoned === undefined ? mix : { ...rest, timeout: (rest["timeout"] ?? 0) + abandoned };
}

/** Weights as shares that add up to 1. */
function normalise(mix: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const total = Object.values(mix).reduce((sum, weight) => sum + weight, 0);
  return Object.fromEntries(Object.entries(mix).map(([status, weight]) => [status, weight / total]));
}

import { hashUnit } from "../../../kernel/hash.ts";
import { messageDigest, nameLetters } from "../../../kernel/mark.ts";
import type { PlannedPhase } from "../../../kernel/plan.ts";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { ask } from "./question.ts";
import { dnsShareOf, requestsNeeded } from "./rates.ts";
import { otherModelOf, type Population, type Subject } from "./subject.ts";

/** One request of the driver. */
export interface Trial {
  readonly id: string;
  readonly phase: number;
  /** Index of its population. */
  readonly population: number;
  readonly atMs: number;
  readonly stream: boolean;
  readonly newConnection: boolean;
  /** The name of the provider does not resolve for it: it is never sent. */
  readonly lookupFails: boolean;
  /** How long its client waits. */
  readonly patienceMs: number;
}

/** Every so many-th request is a stream, where the incident leaves it open: first tokens are seen on streams alone. */
const streamEvery = 3;
/** Requests a phase to each population that must not notice. */
const sparedRequests = 100;

/**
 * The subject's phases laid out so that each has room for its requests at `perSecondMax`, one after the other, none
 * shorter than planned. Gaps in which all is well stay.
 */
export function layOut(phases: readonly PlannedPhase[], z: number, perSecondMax: number, marginMs: number): readonly PlannedPhase[] {
  let shiftMs = 0;
  return phases.map((phase) => {
    const lengthMs = phase.toMs - phase.fromMs;
    const neededMs = Math.ceil((requestsNeeded(phase, z) / perSecondMax) * 1_000) + 2 * marginMs;
    const fromMs = phase.fromMs + shiftMs;
    const stretchedMs = Math.max(lengthMs, neededMs);
    shiftMs += stretchedMs - lengthMs;
    return { ...phase, fromMs, toMs: fromMs + stretchedMs };
  });
}

/** All requests to a subject by time, evenly spread over each phase but for a margin at both of its ends. */
export function trialsOf(subject: Subject, seed: number, z: number, marginMs: number): readonly Trial[] {
  const trials = subject.phases.flatMap((phase) =>
    subject.populations.flatMap((population, index) => {
      if (!population.phases.includes(phase.index)) return [];
      const count = population.hit ? requestsNeeded(phase, z) : sparedRequests;
      return Array.from({ length: count }, (_, number) => trialOf({ subject, phase, population, index, number, count, seed, marginMs }));
    }),
  );
  return trials.sort((a, b) => a.atMs - b.atMs);
}

function trialOf(options: {
  subject: Subject;
  phase: PlannedPhase;
  population: Population;
  index: number;
  number: number;
  count: number;
  seed: number;
  marginMs: number;
}): Trial {
  const { subject, phase, population, index, number, count, seed, marginMs } = options;
  const { deployment, request } = population;
  const id = `${subject.incident}-${deployment.name}-${index}-${phase.index}-${number}`;
  const roomMs = phase.toMs - phase.fromMs - 2 * marginMs;
  const dns = population.hit ? dnsShareOf(phase) : 0;
  return {
    id,
    phase: phase.index,
    population: index,
    atMs: phase.fromMs + marginMs + ((number + 0.5) / count) * roomMs,
    stream: request.stream ?? number % streamEvery === 0,
    newConnection: request.newConnection,
    lookupFails: hashUnit(seed, subject.incident, "lookup", id) < phase.errorRate * dns * (phase.select?.clientShare ?? 1),
    patienceMs: 5_000 + 6 * deployment.latency.firstTokenMsP50 * phase.latencyFactor + phase.addedLatencyMs,
  };
}

const promptOf = (trial: Trial) => `verify ${trial.id}`;

/** The request as bytes, in the format of the deployment. */
export function wireRequestOf(trial: Trial, { deployment, request }: Population): { path: string; headers: Readonly<Record<string, string>>; body: Uint8Array } {
  const { endpoint, key, tier } = request;
  const { path, headers, body } = ask(deployment.dialect, { endpoint, key, tier, model: deployment.model, text: promptOf(trial), stream: trial.stream });
  return { path, headers: { ...headers, "content-type": "application/json", "x-client-request-id": trial.id }, body: utf8Bytes(JSON.stringify(body)) };
}

/** The mark of a right answer to a trial. */
export interface ExpectedMark {
  readonly digest: string;
  readonly deployment: string;
  readonly model: string;
  readonly otherModel: string;
}

export function expectedMark(trial: Trial, { deployment }: Population, markKey: string): ExpectedMark {
  return {
    digest: messageDigest(markKey, promptOf(trial)),
    deployment: nameLetters(deployment.name),
    model: nameLetters(deployment.model),
    otherModel: nameLetters(otherModelOf(deployment)),
  };
}

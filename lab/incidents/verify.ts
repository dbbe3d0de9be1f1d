import { censusOf, distinctSubjects, type Census } from "./census.ts";
import { layOut } from "./core/trials.ts";
import { familyZ } from "./core/rates.ts";
import type { PhaseChecks } from "./core/checks.ts";
import type { Subject } from "./core/subject.ts";
import type { Incident } from "../../scenarios/incident.ts";

/** What a verification plays on: the virtual clock, or processes and sockets. */
export interface VerifyHarness {
  /** Requests a second to one subject. */
  readonly perSecondMax: number;
  /** Nothing is sent so near to the ends of a phase, ms. */
  readonly marginMs: number;
  /** Subjects that play at once. */
  readonly parallel: number;
  play(subject: Subject, z: number): Promise<readonly PhaseChecks[]>;
}

export interface SubjectSight {
  readonly subject: Subject;
  /** Subjects of the list with this physics, this one among them. */
  readonly rows: number;
  readonly phases: readonly PhaseChecks[];
  readonly agrees: boolean;
}

export interface Verification {
  readonly census: Census;
  /** z of every interval in it. */
  readonly z: number;
  readonly agrees: boolean;
}

/**
 * Plays incidents and holds what was seen against what was planned. The list is read twice, to count it and to play it,
 * and never held. `onSight` gets each subject when it is done, in the order of the list; `onCensus` what will be
 * played, before anything is.
 */
export async function verifyIncidents(options: {
  readonly incidents: () => Iterable<Incident>;
  readonly seed: number;
  readonly speed: number;
  readonly level: number;
  readonly sample?: number;
  readonly harness: VerifyHarness;
  readonly onCensus?: (census: Census) => void;
  readonly onSight: (sight: SubjectSight) => void;
}): Promise<Verification> {
  const { incidents, harness, onCensus, onSight } = options;
  const census = censusOf(incidents(), options);
  onCensus?.(census);
  const z = familyZ(census.totals.intervals);
  const emitInOrder = inOrder(onSight);
  const subjects = distinctSubjects(incidents(), census, options);
  let taken = 0;
  let agrees = true;
  const worker = async () => {
    for (let next = subjects.next(); next.done !== true; next = subjects.next()) {
      const index = taken++;
      const subject = { ...next.value.subject, phases: layOut(next.value.subject.phases, z, harness.perSecondMax, harness.marginMs) };
      const phases = await harness.play(subject, z);
      const sight = { subject, rows: next.value.rows, phases, agrees: phases.every((phase) => phase.agrees) };
      agrees &&= sight.agrees;
      emitInOrder(index, sight);
    }
  };
  await Promise.all(Array.from({ length: harness.parallel }, worker));
  return { census, z, agrees };
}

/** Passes on what comes by number in the order of the numbers, from 0. */
function inOrder<T>(emit: (value: T) => void): (index: number, value: T) => void {
  const waiting = new Map<number, T>();
  let emitted = 0;
  return (index, value) => {
    waiting.set(index, value);
    for (let next = waiting.get(emitted); next !== undefined; next = waiting.get(emitted)) {
      waiting.delete(emitted++);
      emit(next);
    }
  };
}

import { layOut } from "./core/trials.ts";
import { familyZ } from "./core/rates.ts";
import type { PhaseChecks } from "./core/checks.ts";
import type { Subject } from "./core/subject.ts";
import type { Incident } from "../../scenarios/incident.ts";
import { subjectsOf } from "./subjects.ts";

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
  readonly phases: readonly PhaseChecks[];
  readonly agrees: boolean;
}

export interface Verification {
  readonly sights: readonly SubjectSight[];
  /** z of every interval in it. */
  readonly z: number;
  readonly agrees: boolean;
}

/** Plays incidents and holds what was seen against what was planned. `onSight` gets each subject when it is done, in the order of the list. */
export async function verifyIncidents(options: {
  readonly incidents: readonly Incident[];
  readonly seed: number;
  readonly speed: number;
  readonly level: number;
  readonly harness: VerifyHarness;
  readonly onSight: (sight: SubjectSight) => void;
}): Promise<Verification> {
  const { incidents, harness, onSight } = options;
  const subjects = incidents.flatMap((incident) => subjectsOf(incident, options));
  const z = familyZ(subjects);
  const laidOut = subjects.map((subject) => ({ ...subject, phases: layOut(subject.phases, z, harness.perSecondMax, harness.marginMs) }));
  const sights: SubjectSight[] = [];
  let emitted = 0;
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < laidOut.length; index = next++) {
      const subject = laidOut[index]!;
      const phases = await harness.play(subject, z);
      sights[index] = { subject, phases, agrees: phases.every(({ agrees }) => agrees) };
      for (let sight = sights[emitted]; sight !== undefined; sight = sights[++emitted]) onSight(sight);
    }
  };
  await Promise.all(Array.from({ length: harness.parallel }, worker));
  return { sights, z, agrees: sights.every(({ agrees }) => agrees) };
}

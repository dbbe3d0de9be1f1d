import { createHash } from "node:crypto";
import { hashUnit } from "../../kernel/hash.ts";
import type { Incident } from "../../scenarios/incident.ts";
import { intervalsOf } from "./core/rates.ts";
import type { Subject } from "./core/subject.ts";
import { subjectsOf, type SubjectOptions } from "./subjects.ts";

/**
 * A list of incidents counted before it is played. Subjects that differ in id, title and dates alone are the same
 * physics and are played once. Of a list of 100,000 only digests are kept in memory.
 */
export interface Census {
  /** Incidents read. */
  readonly incidents: number;
  /** Incidents on a provider. */
  readonly subjects: number;
  /** Subjects that differ in what is played. */
  readonly distinct: number;
  /** What is played, by its digest: all that is distinct, or a sample of it. */
  readonly played: ReadonlyMap<string, Counted>;
  /** Sums over what is played. */
  readonly totals: Counted;
}

export interface Counted {
  /** Subjects of the list that it stands for. */
  readonly rows: number;
  readonly phases: number;
  readonly intervals: number;
}

export interface CensusOptions extends SubjectOptions {
  /** How many of the distinct subjects are played; all when not given. */
  readonly sample?: number;
}

/** Counts a list. A sample is drawn with the seed among the distinct subjects, each with the same chance. */
export function censusOf(incidents: Iterable<Incident>, options: CensusOptions): Census {
  const counted = new Map<string, Counted>();
  let read = 0;
  let subjects = 0;
  for (const incident of incidents) {
    read++;
    for (const subject of subjectsOf(incident, options)) {
      subjects++;
      const digest = physicsOf(subject);
      const before = counted.get(digest);
      counted.set(digest, { rows: (before?.rows ?? 0) + 1, phases: subject.phases.length, intervals: intervalsOf(subject) });
    }
  }
  const played = sampled(counted, options);
  return { incidents: read, subjects, distinct: counted.size, played, totals: totalsOf(played) };
}

function totalsOf(played: ReadonlyMap<string, Counted>): Counted {
  const totals = { rows: 0, phases: 0, intervals: 0 };
  for (const { rows, phases, intervals } of played.values()) {
    totals.rows += rows;
    totals.phases += phases;
    totals.intervals += intervals;
  }
  return totals;
}

function sampled(counted: ReadonlyMap<string, Counted>, { sample, seed }: CensusOptions): ReadonlyMap<string, Counted> {
  if (sample === undefined || sample >= counted.size) return counted;
  const drawn = [...counted].map(([digest, one]) => ({ digest, one, draw: hashUnit(seed, "sample", digest) })).sort((a, b) => a.draw - b.draw);
  return new Map(drawn.slice(0, sample).map(({ digest, one }) => [digest, one]));
}

/**
 * The first subject of each physics that is played, in the order of the list. Stops reading when all have been found.
 */
export function* distinctSubjects(incidents: Iterable<Incident>, { played }: Census, options: SubjectOptions): Generator<{ readonly subject: Subject; readonly rows: number }> {
  const left = new Map(played);
  for (const incident of incidents) {
    for (const subject of subjectsOf(incident, options)) {
      const digest = physicsOf(subject);
      const counted = left.get(digest);
      if (counted === undefined) continue;
      left.delete(digest);
      yield { subject, rows: counted.rows };
    }
    if (left.size === 0) return;
  }
}

/** What decides the figures of a subject: everything but the incident's name. */
function physicsOf(subject: Subject): string {
  return createHash("sha256").update(JSON.stringify({ ...subject, incident: "" })).digest("base64");
}

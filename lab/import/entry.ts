import type { TimeKind } from "../../scenarios/incident-times.ts";
import type { Impact } from "./impact.ts";

/** One outage as a status page reports it. */
export interface StatusEntry {
  /** Where it stands in the file, from 1. */
  readonly line: number;
  readonly provider: string;
  /** The page's own; null where the file gives none. */
  readonly id: string | null;
  readonly title: string | null;
  /** As the page names them; empty where it names none. */
  readonly components: readonly string[];
  /** Of the provider, where the page names them; absent: all. */
  readonly regions?: readonly string[];
  /** The page's word for the whole of it, as it stands there. */
  readonly severity: string;
  /** In order, at least one. */
  readonly spans: readonly Span[];
  /** What the start of the first span, the end of the last, and what lies between them are. */
  readonly times: { readonly start: TimeKind; readonly end: TimeKind; readonly phases: TimeKind };
  /** Its address on the page; null: the imported file is the only source. */
  readonly url: string | null;
  /** A dataset within the imported file; the file's name and line are added to it. */
  readonly origin: string | null;
}

/** A stretch of an outage with one impact; Unix ms. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
  readonly impact: Impact;
}

/** What is wrong with one place of the file. */
export interface Problem {
  readonly line: number;
  /** A column of a CSV, or a field of a JSON object. */
  readonly column: string;
  readonly found: string;
  readonly expected: string;
}

/** A row that cannot be played: it has not ended, its length is not known, or it changed nothing. */
export interface LeftOut {
  readonly line: number;
  readonly reason: string;
  /** Its id or title; null where the file gives none. */
  readonly name: string | null;
}

/** What one row came to. */
export type Reading =
  | { readonly kind: "entry"; readonly entry: StatusEntry }
  | ({ readonly kind: "left_out" } & LeftOut)
  | { readonly kind: "bad"; readonly problems: readonly Problem[] };

/** What is known of a file before its first row. */
export interface ReadSettings {
  /** Replaces the file's own. */
  readonly provider: string | null;
}

/** Shorter ones have no length: pages date an entry that they post afterwards with one time. */
const lengthMsMin = 1_000;

/** A retroactive entry, whose end is its start: its author did not record how long it lasted. */
export function hasNoLength(startMs: number, endMs: number): boolean {
  return endMs >= startMs && endMs - startMs < lengthMsMin;
}

export const noLengthReason = "it ends when it starts, so its length is not known";

/**
 * An entry without the stretches in which all worked. A run of one in which nothing failed would hold whatever it is
 * run on: it is left out.
 */
export function withEffect(reading: Reading): Reading {
  if (reading.kind !== "entry") return reading;
  const { entry } = reading;
  const spans = entry.spans.filter(({ impact }) => impact !== "none");
  if (spans.length > 0) return { kind: "entry", entry: { ...entry, spans } };
  return { kind: "left_out", line: entry.line, name: entry.id ?? entry.title, reason: "its impact is none, so it would change nothing" };
}

/** A value as a message shows it: short, on one line. */
export function shown(value: unknown): string {
  if (value === undefined || value === "") return "nothing";
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

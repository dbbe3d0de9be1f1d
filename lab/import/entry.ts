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
  /** The page's word for the whole of it, as it stands there. */
  readonly severity: string;
  /** In order, at least one. */
  readonly spans: readonly Span[];
  /** What the start of the first span, the end of the last, and what lies between them are. */
  readonly times: { readonly start: TimeKind; readonly end: TimeKind; readonly phases: TimeKind };
  /** Its address on the page; null: the imported file is the only source. */
  readonly url: string | null;
  /** Of the imported file, besides its name and line: a dataset. */
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

/** What one row came to. `left_out`: it cannot be played, because it has not ended or its end is not recorded. */
export type Reading =
  | { readonly kind: "entry"; readonly entry: StatusEntry }
  | { readonly kind: "left_out"; readonly line: number; readonly reason: string }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] };

/** What is known of a file before its first row. */
export interface ReadSettings {
  /** Replaces the file's own. */
  readonly provider: string | null;
}

/** A value as a message shows it: short, on one line. */
export function shown(value: unknown): string {
  if (value === undefined || value === "") return "nothing";
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

import { z } from "zod";
import { hasNoLength, noLengthReason, shown, type Reading } from "./entry.ts";
import type { PageFacts } from "./page.ts";
import { shapeProblems } from "./statuspage.ts";
import { parseTime, timeExpected } from "./time.ts";

/**
 * An issue of an upptime repository, as GitHub's API gives it: its monitor opens one for each outage, and closes it.
 */
const schema = z.object({
  number: z.number(),
  title: z.string(),
  html_url: z.url({ protocol: /^https?$/ }).nullish(),
  created_at: z.string(),
  closed_at: z.string().nullish(),
});

/** Whether an object has the fields of this form. */
export function isUpptime(value: unknown): boolean {
  return typeof value === "object" && value !== null && "number" in value && "title" in value && "closed_at" in value;
}

/**
 * Reads one outage from its issue: `🛑 NAME is down`, `⚠️ NAME has degraded performance`. Its times are those at
 * which the monitor saw it.
 */
export function readUpptime(value: unknown, line: number, page: PageFacts): Reading {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { kind: "bad", problems: shapeProblems(parsed.error, value, line) };
  const { number, title, html_url: url, created_at: created, closed_at: closed } = parsed.data;
  const name = `${number}`;
  const [, component = "", state = ""] = /^\P{L}*(.*?) (is down|has degraded performance|is experiencing degraded performance)/u.exec(title) ?? [];
  if (state === "") return { kind: "left_out", line, name, reason: "its title is not that of an outage" };
  if (!closed) return { kind: "left_out", line, name, reason: "it has not ended" };
  const startMs = parseTime(created);
  const endMs = parseTime(closed);
  if (startMs === null) return { kind: "bad", problems: [{ line, column: "created_at", found: shown(created), expected: timeExpected }] };
  if (endMs === null || endMs < startMs) {
    const expected = endMs === null ? timeExpected : `a time after ${created}`;
    return { kind: "bad", problems: [{ line, column: "closed_at", found: shown(closed), expected }] };
  }
  if (hasNoLength(startMs, endMs)) return { kind: "left_out", line, name, reason: noLengthReason };
  const severity = state === "is down" ? "major_outage" : "degraded_performance";
  const spans = [{ startMs, endMs, impact: state === "is down" ? ("critical" as const) : ("minor" as const) }];
  const times = { start: "page", end: "page", phases: "page" } as const;
  return { kind: "entry", entry: { line, provider: page.provider, id: name, title, components: [component], severity, spans, times, url: url ?? null, origin: null } };
}

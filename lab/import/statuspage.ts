import { z } from "zod";
import type { Problem, Reading } from "./entry.ts";
import { shown } from "./entry.ts";
import { impactExpected, impactOf } from "./impact.ts";
import { parseTime, timeExpected } from "./time.ts";
import type { PageFacts } from "./page.ts";

/** An incident of Atlassian Statuspage's `/api/v2/incidents.json` (developer.statuspage.io), as far as it is read. */
const schema = z.object({
  id: z.string().min(1),
  name: z.string(),
  status: z.string(),
  impact: z.string().nullish(),
  created_at: z.string(),
  started_at: z.string().nullish(),
  resolved_at: z.string().nullish(),
  shortlink: z.url({ protocol: /^https?$/ }).nullish(),
  components: z.array(z.object({ name: z.string() })).nullish(),
});

const ended: readonly string[] = ["resolved", "postmortem", "completed"];

/** Reads one incident from its object in the file. */
export function readStatuspage(value: unknown, line: number, page: PageFacts): Reading {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { kind: "bad", problems: shapeProblems(parsed.error, value, line) };
  const { id, name, status, impact: word, created_at: created, started_at: started, resolved_at: resolved, shortlink, components } = parsed.data;
  if (!resolved && !ended.includes(status)) return { kind: "left_out", line, reason: `it has not ended (${status})` };
  const problem = (column: string, found: unknown, expected: string): Problem => ({ line, column, found: shown(found), expected });
  const problems: Problem[] = [];
  const startMs = parseTime(started ?? created);
  const endMs = parseTime(resolved ?? "");
  const impact = impactOf(word ?? "");
  if (startMs === null) problems.push(problem(started ? "started_at" : "created_at", started ?? created, timeExpected));
  if (endMs === null) problems.push(problem("resolved_at", resolved ?? undefined, `${timeExpected}, since its status is ${status}`));
  else if (startMs !== null && endMs <= startMs) problems.push(problem("resolved_at", resolved, `a time after ${started ?? created}`));
  if (impact === null) problems.push(problem("impact", word, impactExpected));
  if (startMs === null || endMs === null || impact === null || problems.length > 0) return { kind: "bad", problems };
  const names = (components ?? []).map((component) => component.name);
  const entry = { line, provider: page.provider, id, title: name, components: names, severity: word ?? "", spans: [{ startMs, endMs, impact }], url: shortlink ?? page.urlOf(id), origin: null };
  return { kind: "entry", entry };
}

/** The issues that a schema finds in a value, as problems of its line. */
export function shapeProblems(error: z.ZodError, value: unknown, line: number): readonly Problem[] {
  return error.issues.map((issue) => ({
    line,
    column: issue.path.map(String).join(".") || "(incident)",
    found: shown(issue.path.reduce<unknown>((inner, step) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[step], value)),
    expected: issue.message.replace(/^Invalid input: expected /, "").replace(/, received .*$/, ""),
  }));
}

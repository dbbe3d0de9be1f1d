import { z } from "zod";
import type { Problem, Reading } from "./entry.ts";
import { hasNoLength, noLengthReason, shown } from "./entry.ts";
import { componentSpans } from "./component-spans.ts";
import { impactExpected, impactOf } from "./impact.ts";
import type { PageFacts } from "./page.ts";
import { pageTimes, spansWithin, type PageUpdate } from "./page-times.ts";
import { parseTime, timeExpected } from "./time.ts";

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
  incident_updates: z
    .array(
      z.object({
        status: z.string().nullish(),
        body: z.string().nullish(),
        created_at: z.string().nullish(),
        updated_at: z.string().nullish(),
        display_at: z.string().nullish(),
        affected_components: z.array(z.object({ code: z.string().nullish(), name: z.string(), new_status: z.string().nullish() })).nullish(),
      }),
    )
    .nullish(),
});

type Update = NonNullable<z.infer<typeof schema>["incident_updates"]>[number];

/** A later edit is no evidence of when the text was written. */
const editMsMax = 2 * 3_600_000;

const ended: readonly string[] = ["resolved", "postmortem", "completed"];

/** Whether an object has the fields of this form. */
export function isStatuspage(value: unknown): boolean {
  return typeof value === "object" && value !== null && "created_at" in value && ["incident_updates", "impact", "resolved_at", "shortlink"].some((field) => field in value);
}

/** Reads one incident from its object in the file. */
export function readStatuspage(value: unknown, line: number, page: PageFacts): Reading {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { kind: "bad", problems: shapeProblems(parsed.error, value, line) };
  const { id, name, status, impact: word, created_at: created, started_at: started, resolved_at: resolved, shortlink, components, incident_updates: posted } = parsed.data;
  if (!resolved && !ended.includes(status)) return { kind: "left_out", line, name: id, reason: `it has not ended (${status})` };
  const problem = (column: string, found: unknown, expected: string): Problem => ({ line, column, found: shown(found), expected });
  const problems: Problem[] = [];
  const startedMs = parseTime(started ?? created);
  const resolvedMs = parseTime(resolved ?? "");
  const impact = impactOf(word ?? "");
  const updates = (posted ?? []).flatMap(updateOf);
  if (startedMs === null) problems.push(problem(started ? "started_at" : "created_at", started ?? created, timeExpected));
  if (resolved && resolvedMs === null) problems.push(problem("resolved_at", resolved, timeExpected));
  if (impact === null) problems.push(problem("impact", word, impactExpected));
  if (startedMs === null || impact === null || problems.length > 0) return { kind: "bad", problems };
  const { start, end } = pageTimes(updates, startedMs, resolvedMs);
  if (end === null) return { kind: "bad", problems: [problem("resolved_at", resolved ?? undefined, `${timeExpected}, since its status is ${status}`)] };
  if (hasNoLength(start.ms, end.ms)) return { kind: "left_out", line, name: id, reason: noLengthReason };
  if (end.ms < start.ms) return { kind: "bad", problems: [problem("resolved_at", resolved, `a time after ${started ?? created}`)] };
  const changed = componentSpans(updates.map(({ shownMs, statuses }) => ({ atMs: shownMs, statuses })), start.ms, end.ms);
  const whole = { startMs: start.ms, endMs: end.ms };
  const spans = changed.length === 0 ? [{ ...whole, impact }] : end.is === "impact" ? spansWithin(changed, whole) : changed;
  const names = (components ?? []).map((component) => component.name);
  const times = { start: start.is, end: end.is, phases: "page" } as const;
  const entry = { line, provider: page.provider, id, title: name, components: names, severity: word ?? "", spans, times, url: shortlink ?? page.urlOf(id), origin: null };
  return { kind: "entry", entry };
}

type ReadUpdate = PageUpdate & { readonly statuses: readonly { readonly component: string; readonly status: string }[] };

/** An update without a time is ignored. */
function updateOf({ status, body, created_at: created, updated_at: updated, display_at: displayed, affected_components: affected }: Update): readonly ReadUpdate[] {
  const createdMs = parseTime(created ?? displayed ?? "");
  if (createdMs === null) return [];
  const updatedMs = parseTime(updated ?? "");
  const statuses = (affected ?? []).flatMap(({ code, name, new_status: word }) => (word ? [{ component: code ?? name, status: word }] : []));
  const postedMs = updatedMs !== null && updatedMs > createdMs && updatedMs - createdMs <= editMsMax ? updatedMs : createdMs;
  return [{ status: status ?? "", text: body ?? "", postedMs, shownMs: parseTime(displayed ?? "") ?? createdMs, statuses }];
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

import { z } from "zod";
import type { Problem, Reading, Span } from "./entry.ts";
import { noLengthReason, shown } from "./entry.ts";
import { worstSpans } from "./component-spans.ts";
import { impactExpected, impactOf, worstImpact } from "./impact.ts";
import type { PageFacts } from "./page.ts";
import { pageTimes, spansWithin, type PageUpdate } from "./page-times.ts";
import { shapeProblems } from "./statuspage.ts";
import { parseTime, timeExpected } from "./time.ts";

const text = z.string().nullish();

/**
 * An incident as incident.io's public status pages hold it: `status_summaries` are the stretches of its worst
 * component, `component_impacts` those of each one. (Their `/api/v2/incidents.json` is Statuspage's form.)
 */
const schema = z.object({
  id: z.string().min(1),
  name: z.string(),
  status: z.string(),
  type: text,
  published_at: text,
  status_summaries: z.array(z.object({ start_at: z.string(), end_at: text, worst_component_status: z.string() })).nullish(),
  component_impacts: z.array(z.object({ start_at: z.string(), end_at: text, status: z.string() })).nullish(),
  affected_components: z.array(z.object({ name: text, component_id: text })).nullish(),
  updates: z.array(z.object({ published_at: z.string(), to_status: text, message_string: text })).nullish(),
});

type Page = z.infer<typeof schema>;

/** A stretch as the page has it, and where. */
interface Stretch {
  readonly column: string;
  readonly start: string;
  readonly end: string | null;
  readonly status: string;
}

/** Whether an object has the fields of this form, and not of Statuspage's. */
export function isIncidentIo(value: unknown): boolean {
  if (typeof value !== "object" || value === null || "incident_updates" in value) return false;
  return ["status_summaries", "component_impacts", "updates"].some((field) => field in value);
}

/** Reads one incident from its object in the file. */
export function readIncidentIo(value: unknown, line: number, page: PageFacts): Reading {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { kind: "bad", problems: shapeProblems(parsed.error, value, line) };
  const stretches = stretchesOf(parsed.data);
  const { id, name } = parsed.data;
  if (stretches.length === 0) return { kind: "bad", problems: [{ line, column: "status_summaries", found: "nothing", expected: "when it was: status_summaries, component_impacts, or published_at and updates" }] };
  if (stretches.some((stretch) => stretch.end === null)) return unended(parsed.data, line);
  const read = stretches.map((stretch) => spanOf(stretch, line));
  const problems = read.flatMap((one) => ("problems" in one ? one.problems : []));
  if (problems.length > 0) return { kind: "bad", problems };
  const shownSpans = worstSpans(read.flatMap((one) => ("span" in one ? [one.span] : [])));
  if (shownSpans.length === 0) return { kind: "left_out", line, name: id, reason: noLengthReason };
  const { start, end } = pageTimes(updatesOf(parsed.data), shownSpans[0]!.startMs, shownSpans.at(-1)!.endMs);
  const stated = start.is === "impact" && end?.is === "impact";
  const spans = stated ? spansWithin(shownSpans, { startMs: start.ms, endMs: end.ms }) : shownSpans;
  const worst = worstImpact(spans.map(({ impact }) => impact));
  const components = (parsed.data.affected_components ?? []).flatMap((one) => one.name ?? one.component_id ?? []);
  const times = { start: stated ? "impact" : "page", end: stated ? "impact" : "page", phases: "page" } as const;
  const severity = worst === "unknown" ? "" : worst;
  return { kind: "entry", entry: { line, provider: page.provider, id, title: name, components, severity, spans, times, url: page.urlOf(id), origin: null } };
}

function updatesOf({ updates }: Page): readonly PageUpdate[] {
  return (updates ?? []).flatMap(({ published_at: published, to_status: status, message_string: message }) => {
    const atMs = parseTime(published);
    return atMs === null ? [] : [{ status: status ?? "", text: message ?? "", postedMs: atMs, shownMs: atMs }];
  });
}

function unended({ id, status }: Page, line: number): Reading {
  if (!/^(resolved|.*complete)/.test(status)) return { kind: "left_out", line, name: id, reason: `it has not ended (${status})` };
  return { kind: "bad", problems: [{ line, column: "end_at", found: "nothing", expected: `${timeExpected}, since its status is ${status}` }] };
}

function stretchesOf({ status_summaries: summaries, component_impacts: impacts, published_at: published, updates }: Page): readonly Stretch[] {
  if (summaries && summaries.length > 0) {
    return summaries.map(({ start_at: start, end_at: end, worst_component_status: status }, index) => ({ column: `status_summaries.${index}`, start, end: end ?? null, status }));
  }
  if (impacts && impacts.length > 0) {
    return impacts.map(({ start_at: start, end_at: end, status }, index) => ({ column: `component_impacts.${index}`, start, end: end ?? null, status }));
  }
  // One that was reopened is resolved more than once.
  const resolved = updates?.filter((update) => update.to_status === "resolved").map((update) => update.published_at).sort().at(-1);
  const start = published ?? updates?.map((update) => update.published_at).sort()[0];
  return start ? [{ column: "updates", start, end: resolved ?? null, status: "" }] : [];
}

function spanOf({ column, start, end, status }: Stretch, line: number): { span: Span } | { problems: readonly Problem[] } {
  const startMs = parseTime(start);
  const endMs = parseTime(end ?? "");
  const impact = impactOf(status);
  const problem = (found: unknown, expected: string, field: string): Problem => ({ line, column: `${column}.${field}`, found: shown(found), expected });
  if (startMs === null) return { problems: [problem(start, timeExpected, "start_at")] };
  if (endMs === null) return { problems: [problem(end, timeExpected, "end_at")] };
  if (endMs < startMs) return { problems: [problem(end, `a time after ${start}`, "end_at")] };
  if (impact === null) return { problems: [problem(status, impactExpected, "status")] };
  return { span: { startMs, endMs, impact } };
}

import { z } from "zod";
import { hasNoLength, noLengthReason, shown, type Reading } from "./entry.ts";
import { impactExpected, impactOf } from "./impact.ts";
import type { PageFacts } from "./page.ts";
import { monthNumber, plainText } from "./page-text.ts";
import { statedWindow } from "./stated-window.ts";
import { shapeProblems } from "./statuspage.ts";
import { zonedMs, zoneOf } from "./zoned-time.ts";

/** A month of Statuspage's `/history.json`, which its page "Incident History" loads, as far as it is read. */
const schema = z.object({
  year: z.int(),
  incidents: z.array(z.object({ code: z.string().min(1), name: z.string(), message: z.string().nullish(), impact: z.string(), timestamp: z.string() })),
});

type Listed = z.infer<typeof schema>["incidents"][number];

/** `Sep 10, 15:54 - Sep 14, 19:14 UTC`, `Sep 11, 14:19 - 14:37 UTC`, `Sep 3, 12:00 UTC`. */
const form = /^([A-Z][a-z]{2})[a-z]* (\d{1,2}), (\d{1,2}):(\d\d)(?: - (?:([A-Z][a-z]{2})[a-z]* (\d{1,2}), )?(\d{1,2}):(\d\d))? ([A-Za-z/]+)$/;

/** Reads the incidents of one month. */
export function readHistoryMonth(value: unknown, line: number, page: PageFacts): readonly Reading[] {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return [{ kind: "bad", problems: shapeProblems(parsed.error, value, line) }];
  return parsed.data.incidents.map((incident) => readListed(incident, { year: parsed.data.year, line, page }));
}

interface Month {
  readonly year: number;
  readonly line: number;
  readonly page: PageFacts;
}

function readListed({ code, name, message, impact: word, timestamp }: Listed, { year, line, page }: Month): Reading {
  const shownTimes = plainText(timestamp);
  const range = rangeOf(shownTimes, year);
  if (range === null) return { kind: "bad", problems: [{ line, column: `${code} timestamp`, found: shown(shownTimes), expected: "times such as Sep 11, 14:19 - 14:37 UTC" }] };
  const impact = impactOf(word);
  if (impact === null) return { kind: "bad", problems: [{ line, column: `${code} impact`, found: shown(word), expected: impactExpected }] };
  const stated = statedWindow(plainText(message ?? ""), range.endMs, range);
  const { startMs, endMs } = stated ?? range;
  if (hasNoLength(startMs, endMs)) return { kind: "left_out", line, name: code, reason: noLengthReason };
  const is = stated === null ? "page" : "impact";
  const times = { start: is, end: is, phases: is } as const;
  const spans = [{ startMs, endMs, impact }];
  return { kind: "entry", entry: { line, provider: page.provider, id: code, title: name, components: [], severity: word, spans, times, url: page.urlOf(code), origin: null } };
}

/** Null for times that cannot be read. An end in an earlier month is in the next year. */
function rangeOf(text: string, year: number): { readonly startMs: number; readonly endMs: number } | null {
  const parts = form.exec(text);
  const zone = zoneOf(parts?.[9] ?? "");
  const month = monthNumber(parts?.[1] ?? "");
  if (parts === null || zone === null || month === null) return null;
  const startMs = zonedMs({ year, month, day: Number(parts[2]) }, Number(parts[3]) * 60 + Number(parts[4]), zone);
  if (parts[7] === undefined) return { startMs, endMs: startMs };
  const endMonth = parts[5] === undefined ? month : monthNumber(parts[5]);
  if (endMonth === null) return null;
  const day = Number(parts[6] ?? parts[2]);
  const endMs = zonedMs({ year: endMonth < month ? year + 1 : year, month: endMonth, day }, Number(parts[7]) * 60 + Number(parts[8]), zone);
  return endMs < startMs ? null : { startMs, endMs };
}

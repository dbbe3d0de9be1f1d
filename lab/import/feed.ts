import type { Readable } from "node:stream";
import { hasNoLength, noLengthReason, shown, type Reading, type ReadSettings } from "./entry.ts";
import { pageFacts, providerUnknown } from "./page.ts";
import { pageTimes, type PageUpdate } from "./page-times.ts";
import { decoded, monthNumber, plainText } from "./page-text.ts";
import { parseTime, timeExpected } from "./time.ts";
import { zonedMs, zoneOf } from "./zoned-time.ts";

/** A feed names its page once, before its entries, and an entry is no longer than this. */
const entryCharsMax = 2 ** 20;

const updateForm = /^([A-Z][a-z]{2})[a-z]* (\d{1,2}), (?:(20\d\d), )?(\d{1,2}):(\d\d) ([A-Za-z/]+) ([A-Z][a-z]+(?: [a-z]+)?) - (.*)$/s;

/**
 * The entries of an Atom or RSS feed of a status page, with their updates as Statuspage writes them:
 * `Sep 11, 14:37 UTC Resolved - TEXT`. Throws LabError `provider_unknown`.
 */
export async function* readFeed(bytes: Readable, settings: ReadSettings): AsyncGenerator<Reading> {
  let text = "";
  let line = 1;
  let provider: string | null = settings.provider;
  for await (const piece of bytes.setEncoding("utf8") as AsyncIterable<string>) {
    text += piece;
    for (let found = entryIn(text); found !== null; found = entryIn(text)) {
      const before = text.slice(0, found.index);
      provider ??= providerIn(before);
      line += newlines(before);
      yield readEntry(found.body, line, provider ?? providerUnknown());
      line += newlines(text.slice(found.index, found.end));
      text = text.slice(found.end);
    }
    if (text.length > entryCharsMax) return yield { kind: "bad", problems: [{ line, column: "(file)", found: "an entry without an end", expected: "an Atom or RSS feed" }] };
  }
}

/** By the feed's title: `Claude Status - Incident History`. */
function providerIn(head: string): string | null {
  const title = plainText(element(head, "title") ?? "");
  return pageFacts({ name: title.replace(/ (status|incident history).*$/i, "").replace(/ - .*$/, "") }, null)?.provider ?? null;
}

function entryIn(text: string): { readonly index: number; readonly end: number; readonly body: string } | null {
  const match = /<(entry|item)(?:\s[^>]*)?>([^]*?)<\/\1>/.exec(text);
  return match === null ? null : { index: match.index, end: match.index + match[0].length, body: match[2]! };
}

function readEntry(body: string, line: number, provider: string): Reading {
  const published = element(body, "published") ?? element(body, "pubDate") ?? element(body, "updated") ?? "";
  const title = plainText(element(body, "title") ?? "");
  const url = /<link[^>]*href="(https?:\/\/[^"\s]+)"/.exec(body)?.[1] ?? /^https?:\/\/\S+$/.exec(plainText(element(body, "link") ?? ""))?.[0] ?? null;
  const publishedMs = timeOf(published);
  const name = url?.split("/").at(-1) ?? title;
  if (publishedMs === null) return { kind: "bad", problems: [{ line, column: "published", found: shown(published), expected: timeExpected }] };
  const updates = updatesOf(element(body, "content") ?? element(body, "description") ?? element(body, "summary") ?? "", publishedMs);
  const { start, end } = pageTimes(updates, updates.at(-1)?.shownMs ?? publishedMs, null);
  if (end === null) return { kind: "left_out", line, name, reason: updates.length === 0 ? "it has no updates with times" : "it has not ended" };
  if (hasNoLength(start.ms, end.ms) || end.ms < start.ms) return { kind: "left_out", line, name, reason: noLengthReason };
  const times = { start: start.is, end: end.is, phases: "page" } as const;
  const id = url === null ? null : name;
  const spans = [{ startMs: start.ms, endMs: end.ms, impact: "unknown" as const }];
  return { kind: "entry", entry: { line, provider, id, title, components: [], severity: "", spans, times, url, origin: null } };
}

/** The newest first, as a feed has them. */
function updatesOf(content: string, publishedMs: number): readonly PageUpdate[] {
  const html = decoded(content);
  return html.split(/<\/p>/).flatMap((part): readonly PageUpdate[] => {
    const match = updateForm.exec(plainText(part));
    const zone = zoneOf(match?.[6] ?? "");
    const month = monthNumber(match?.[1] ?? "");
    if (match === null || zone === null || month === null) return [];
    const at = (year: number) => zonedMs({ year, month, day: Number(match[2]) }, Number(match[4]) * 60 + Number(match[5]), zone);
    const shownMs = nearest([-1, 0, 1].map((years) => at(Number(match[3] ?? new Date(publishedMs).getUTCFullYear() + years))), publishedMs);
    return [{ status: match[7]!.toLowerCase(), text: match[8]!, postedMs: shownMs, shownMs }];
  });
}

/** An update without a year is of the year in which it is nearest to the entry's own time. */
function nearest(times: readonly number[], ms: number): number {
  return times.toSorted((a, b) => Math.abs(a - ms) - Math.abs(b - ms))[0]!;
}

/** The text of an element, out of its CDATA; null where there is none. */
function element(xml: string, tag: string): string | null {
  const match = new RegExp(`<${tag}(?:\\s[^>]*)?>([^]*?)</${tag}>`).exec(xml);
  return match === null ? null : match[1]!.trim().replace(/^<!\[CDATA\[([^]*)\]\]>$/, "$1");
}

/** ISO 8601, or the form of RSS: `Thu, 11 Sep 2026 14:37:11 +0000`. */
function timeOf(text: string): number | null {
  const ms = parseTime(text) ?? Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

function newlines(text: string): number {
  return text.split("\n").length - 1;
}

import { monthNames } from "./page-text.ts";
import { localDay, zonedMs, zoneOf, zoneWords, type LocalDay } from "./zoned-time.ts";

/** When users were hit, as a text states it; Unix ms. */
export interface StatedWindow {
  readonly startMs: number;
  readonly endMs: number;
}

const zone = zoneWords.map((word) => word.replaceAll(" ", "\\s+")).join("|");
const clock = String.raw`(\d{1,2})(?::(\d\d))?(?::\d\d)?\s*([ap]\.?m\.?)?\s*(${zone})?(?![\w:])`;
const date = String.raw`(${monthNames.join("|")})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(20\d\d))?`;
/** `July 8th, 2025 at 08:45 UTC`, `7:08am PT / 14:08 UTC`, `08:45 UTC on July 8th`. */
const moment = String.raw`(?:(?:on\s+)?${date},?\s+(?:at\s+)?)?${clock}(?:\s*[/(]\s*${clock}\)?)?(?:\s+on\s+${date})?`;
const joint = String.raw`\s*(?:–|—|-|to|until|till|through|and(?:\s+(?:ended|ending|lasted\s+until|resolved)(?:\s+at)?)?)\s*`;
const window = new RegExp(String.raw`(?:(?:on\s+)${date},?\s+(?:\w+\s+){0,3}?)?\b(?:from|between|start(?:ed|ing)\s+at|began\s+at|of)\s+${moment}${joint}${moment}`, "gi");
const aboutImpact = /impact|affect|elevat|error|unavailab|unreachable|fail|degrad|experienc|disrupt|outage|incident|issue|latenc/i;

const hourMs = 3_600_000;
/** A stated window that is longer than so many days, or farther from the page's own times, is about something else. */
const lengthMsMax = 30 * 24 * hourMs;
const distanceMsMax = 12 * hourMs;
/** Times are rounded to minutes: an update may state an end that is a little later than itself. */
const slackMs = 2 * 60_000;
const sentenceCharsMax = 1_000;

/** The page's own times of an incident, which a stated window must be near. */
export interface PageWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The window that an update's text states, posted at `postedMs`: from the first to the last of all windows in its
 * sentences about the impact. Null when it states none, or none that can be read: a time needs a zone, and a window
 * lies before the update.
 */
export function statedWindow(text: string, postedMs: number, page: PageWindow): StatedWindow | null {
  const found = sentencesOf(text).flatMap((sentence) => (aboutImpact.test(sentence) ? windowsIn(sentence, postedMs) : []));
  const near = found.filter(({ startMs, endMs }) => startMs < page.endMs + distanceMsMax && endMs > page.startMs - distanceMsMax);
  if (near.length === 0) return null;
  return { startMs: Math.min(...near.map(({ startMs }) => startMs)), endMs: Math.max(...near.map(({ endMs }) => endMs)) };
}

function sentencesOf(text: string): readonly string[] {
  return text.replaceAll(/<[^>]*>/g, " ").split(/(?<=[.!?])\s+(?=[A-Z])|\n+/).map((sentence) => sentence.slice(0, sentenceCharsMax));
}

function windowsIn(sentence: string, postedMs: number): readonly StatedWindow[] {
  return [...sentence.matchAll(window)].flatMap((match) => {
    const groups = match.slice(1);
    const day = dayOf(groups.slice(0, 3));
    const start = momentOf(groups.slice(3, 17));
    const end = momentOf(groups.slice(17, 31));
    return resolved({ ...start, day: start.day ?? day }, end, postedMs);
  });
}

interface Day {
  readonly month: number;
  readonly day: number;
  readonly year: number | null;
}

interface Clock {
  readonly hour: number;
  readonly minute: number | null;
  readonly half: "am" | "pm" | null;
  readonly zone: string | null;
}

interface Moment {
  /** The same time in one zone or two. */
  readonly clocks: readonly Clock[];
  readonly day: Day | null;
}

/** From the groups of `moment`: a date, a clock, a clock of another zone, a date. */
function momentOf(groups: readonly (string | undefined)[]): Moment {
  const clocks = [groups.slice(3, 7), groups.slice(7, 11)].flatMap((part) => clockOf(part) ?? []);
  return { clocks, day: dayOf(groups.slice(0, 3)) ?? dayOf(groups.slice(11, 14)) };
}

function dayOf([month, day, year]: readonly (string | undefined)[]): Day | null {
  if (month === undefined || day === undefined) return null;
  return { month: monthNames.indexOf(month.toLowerCase().slice(0, 3)) + 1, day: Number(day), year: year === undefined ? null : Number(year) };
}

function clockOf([hour, minute, half, zoneWord]: readonly (string | undefined)[]): Clock | null {
  if (hour === undefined) return null;
  return {
    hour: Number(hour),
    minute: minute === undefined ? null : Number(minute),
    half: half === undefined ? null : half.toLowerCase().startsWith("p") ? "pm" : "am",
    zone: zoneWord === undefined ? null : zoneOf(zoneWord),
  };
}

/** What one moment leaves out (its zone, am or pm) is as in the other. */
function resolved(start: Moment, end: Moment, postedMs: number): readonly StatedWindow[] {
  const endClock = end.clocks.find((one) => one.zone === "UTC") ?? end.clocks[0];
  const startClock = start.clocks.find((one) => one.zone === endClock?.zone) ?? start.clocks.find((one) => one.zone === "UTC") ?? start.clocks[0];
  if (endClock === undefined || startClock === undefined) return [];
  const endMinute = minuteOfDay(endClock, null);
  const startMinute = minuteOfDay(startClock, endClock.half);
  const endZone = endClock.zone ?? startClock.zone;
  const startZone = startClock.zone ?? endClock.zone;
  if (endZone === null || startZone === null || endMinute === null || startMinute === null) return [];
  const latestMs = postedMs + slackMs;
  const statedStartMs = start.day === null ? null : onDay(start.day, startMinute, startZone, latestMs);
  const endWithoutDay = () => (statedStartMs === null ? before(endMinute, endZone, latestMs) : after(endMinute, endZone, statedStartMs));
  const endMs = end.day === null ? endWithoutDay() : onDay(end.day, endMinute, endZone, latestMs);
  const startMs = statedStartMs ?? before(startMinute, startZone, endMs - 1);
  return startMs < endMs && endMs - startMs <= lengthMsMax && endMs <= latestMs ? [{ startMs, endMs }] : [];
}

/** Null for a bare number, which is no time of day, and for what no clock shows. */
function minuteOfDay({ hour, minute, half, zone: named }: Clock, halfOfOther: Clock["half"]): number | null {
  const part = half ?? (hour >= 1 && hour <= 12 ? halfOfOther : null);
  if (minute === null && part === null && named === null) return null;
  if ((minute ?? 0) > 59 || hour > 23 || (part !== null && (hour < 1 || hour > 12))) return null;
  return (part === null ? hour : (hour % 12) + (part === "pm" ? 12 : 0)) * 60 + (minute ?? 0);
}

/** In the year given, or else in the latest in which it is not after `latestMs`. */
function onDay({ month, day, year }: Day, minute: number, zoneName: string, latestMs: number): number {
  const at = (inYear: number) => zonedMs({ year: inYear, month, day }, minute, zoneName);
  if (year !== null) return at(year);
  const latest = localDay(latestMs, zoneName).year;
  return at(latest) <= latestMs ? at(latest) : at(latest - 1);
}

/** The last such time of day that is not after `ms`. */
function before(minute: number, zoneName: string, ms: number): number {
  return [0, -1, -2].map((days) => zonedMs(shifted(localDay(ms, zoneName), days), minute, zoneName)).find((atMs) => atMs <= ms)!;
}

/** The first such time of day that is after `ms`. */
function after(minute: number, zoneName: string, ms: number): number {
  return [0, 1, 2].map((days) => zonedMs(shifted(localDay(ms, zoneName), days), minute, zoneName)).find((atMs) => atMs > ms)!;
}

function shifted({ year, month, day }: LocalDay, days: number): LocalDay {
  return { year, month, day: day + days };
}

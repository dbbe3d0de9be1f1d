/** Names of time zones on status pages. Authors confuse PST and PDT, so both mean the local time. */
const zones: Readonly<Record<string, string>> = {
  utc: "UTC",
  gmt: "UTC",
  z: "UTC",
  pt: "America/Los_Angeles",
  pst: "America/Los_Angeles",
  pdt: "America/Los_Angeles",
  pacific: "America/Los_Angeles",
  "pacific time": "America/Los_Angeles",
  "us/pacific": "America/Los_Angeles",
  et: "America/New_York",
  est: "America/New_York",
  edt: "America/New_York",
  eastern: "America/New_York",
  "eastern time": "America/New_York",
  cet: "Europe/Paris",
  cest: "Europe/Paris",
};

/** Longest first, for a pattern. */
export const zoneWords: readonly string[] = Object.keys(zones).sort((a, b) => b.length - a.length);

/** The zone of an IANA name, or null for a word that is none. */
export function zoneOf(word: string): string | null {
  return zones[word.toLowerCase().replaceAll(/\s+/g, " ")] ?? null;
}

export interface LocalDay {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
}

/** Unix ms of a time of day in a zone. A time that the clocks skip is that of an hour later. */
export function zonedMs({ year, month, day }: LocalDay, minuteOfDay: number, zone: string): number {
  const wall = Date.UTC(year, month - 1, day, 0, minuteOfDay);
  const first = wall - offsetMs(wall, zone);
  return wall - offsetMs(first, zone);
}

/** The day that a moment falls on in a zone. */
export function localDay(ms: number, zone: string): LocalDay {
  const day = new Date(ms + offsetMs(ms, zone));
  return { year: day.getUTCFullYear(), month: day.getUTCMonth() + 1, day: day.getUTCDate() };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a zone is ahead of UTC at a moment. */
function offsetMs(ms: number, zone: string): number {
  if (zone === "UTC") return 0;
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(parts["year"]!, parts["month"]! - 1, parts["day"]!, parts["hour"]!, parts["minute"]!, parts["second"]!) - Math.floor(ms / 1000) * 1000;
}

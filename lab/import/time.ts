const form = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;

/** What an error names as expected. */
export const timeExpected = "a time such as 2025-06-10T06:36:00Z";

/** Unix ms of an ISO time, in UTC where it names no zone; null for anything else, a 30th of February too. */
export function parseTime(text: string): number | null {
  const parts = form.exec(text.trim());
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth || hour > 23 || minute > 59 || second > 59) return null;
  const zone = parts[8] ?? "Z";
  const ms = Math.floor(Number(parts[7] ?? 0) * 1000);
  const sign = zone.startsWith("-") ? -1 : 1;
  const [zoneHours = 0, zoneMinutes = 0] = zone === "Z" ? [] : [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - sign * (zoneHours * 60 + zoneMinutes) * 60_000;
}

/** `2025-06-10T06:36:00Z`: whole seconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

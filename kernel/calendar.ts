/** Unix ms of a date and time in UTC, with months from 1; null for an invalid date. */
export function utcMs(at: { year: number; month: number; day: number; hour: number; minute: number; second: number }): number | null {
  const { year, month, day, hour, minute, second } = at;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60) return null;
  return (((daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000;
}

function daysIn(year: number, month: number): number {
  const [next, nextYear] = month === 12 ? [1, year + 1] : [month + 1, year];
  return daysSinceEpoch(nextYear, next, 1) - daysSinceEpoch(year, month, 1);
}

/**
 * Days from 1970-01-01 in the Gregorian calendar. Source: Hinnant, "chrono-Compatible Low-Level Date Algorithms",
 * days_from_civil.
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/**
 * `2026-11-29T01:02:03Z` of Unix ms, which the pure folders cannot ask `Date` for. Source: Hinnant, as above,
 * civil_from_days.
 */
export function utcText(unixMs: number): string {
  const seconds = Math.floor(unixMs / 1_000);
  const days = Math.floor(seconds / 86_400);
  const { year, month, day } = civilFromDays(days);
  const clock = seconds - days * 86_400;
  const two = (value: number) => String(value).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)}T${two(Math.floor(clock / 3_600))}:${two(Math.floor(clock / 60) % 60)}:${two(clock % 60)}Z`;
}

function civilFromDays(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1 };
}

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

/** Days from 1970-01-01 in the Gregorian calendar. Source: Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

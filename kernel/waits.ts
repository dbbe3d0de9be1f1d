const DAY_MS = 24 * 60 * 60 * 1000;

/** The longest quota is a month's. What is longer is a mistake, such as a date in another unit. */
const WAIT_MS_MAX = 31 * DAY_MS;

/**
 * A plausible wait, at most a day. Quotas of a week ask for days (BerriAI/litellm pull request 37767), and whoever ends
 * one early, by paying, should not have to wait. Null for one of more than a month.
 */
export function withinADay(waitMs: number): number | null {
  return waitMs <= WAIT_MS_MAX ? Math.min(waitMs, DAY_MS) : null;
}

const duration = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:\.\d{1,9})?)s)?$/;
const milliseconds = /^(\d{1,9}(?:\.\d{1,9})?)ms$/;

/** `6m0s`, `1.5s`, `120ms`, `1h2m3s` in ms; null for anything else. */
export function goDurationMs(text: string): number | null {
  const short = milliseconds.exec(text);
  if (short !== null) return Number(short[1]);
  const match = duration.exec(text);
  if (match === null || text === "") return null;
  const [hours, minutes, seconds] = [match[1], match[2], match[3]].map((part) => Number(part ?? 0)) as [number, number, number];
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

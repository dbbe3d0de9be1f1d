/** No provider's quota lasts longer than a day. */
const WAIT_MS_MAX = 24 * 60 * 60 * 1000;

/** A plausible wait. Null for one of more than a day, which would bench a deployment until the gateway restarts. */
export function withinADay(waitMs: number): number | null {
  return waitMs <= WAIT_MS_MAX ? waitMs : null;
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

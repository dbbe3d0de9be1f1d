import type { Quantity, Unit, Value } from "./quantity.ts";

/** The one place where numbers of a run become text. `Intl` is not for the pure folders. */

/** Up to four significant digits, whole numbers as they are. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** A share 0..1 in percent, to a tenth of a percent, finer below one. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value === 0 || Math.abs(value) >= 1 ? Number(value.toFixed(1)) : Number(value.toPrecision(2))} %`;
}

/** Milliseconds in seconds, to a tenth. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}

/** Milliseconds as `812 ms`, `11.5 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 0) return `-${duration(-ms)}`;
  if (Math.round(ms) < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 119_950) return `${Number((ms / 1_000).toFixed(1))} s`;
  const whole = Math.round(ms / 1_000);
  return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Milliseconds of a timeline as `m:ss`. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Minutes of an outage as `45 min`, `3 h 05 min`, `2 d 4 h`. */
export function minutes(count: number): string {
  const whole = Math.round(count);
  if (whole < 60) return `${whole} min`;
  if (whole < 1_440) return `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, "0")} min`;
  return `${Math.floor(whole / 1_440)} d ${Math.floor((whole % 1_440) / 60)} h`;
}

/** US dollars, to three digits: a run costs cents. */
export function usdText(usd: number): string {
  return `${Number(usd.toPrecision(3))} USD`;
}

const inUnit: Readonly<Record<Unit, (value: number) => string>> = {
  share: percent,
  ms: duration,
  moment: clockTime,
  times: (value) => `${Number(value.toFixed(2))} x`,
  usd: usdText,
  count: (value) => String(Number(value.toFixed(2))),
};

/** `14.3 %`, `25 % to 30 %`, `> 30 s`; a text as it is. */
export function formatValue(value: Value): string {
  return typeof value === "string" ? value : formatQuantity(value);
}

function formatQuantity({ unit, range: [low, high] }: Quantity): string {
  const format = inUnit[unit];
  if (high === Infinity) return `> ${format(low)}`;
  return format(low) === format(high) ? format(low) : `${format(low)} to ${format(high)}`;
}

const bars = "▁▂▃▄▅▆▇█";

/** Shares 0..1 as bars; a share of 0 is the lowest bar, null a gap. */
export function sparkline(shares: readonly (number | null)[]): string {
  const bar = (share: number) => (share <= 0 ? bars[0]! : bars[Math.min(bars.length - 1, 1 + Math.floor(share * (bars.length - 1)))]!);
  return shares.map((share) => (share === null ? " " : bar(share))).join("");
}

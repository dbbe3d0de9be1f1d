/** Numbers as a person reads them; `Intl` is not for the pure folders. */

/** Up to four significant digits, whole numbers as they are. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** A share 0..1 in percent, to a tenth of a percent, finer below one. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value === 0 || value >= 1 ? Number(value.toFixed(1)) : Number(value.toPrecision(2))} %`;
}

/** Milliseconds in seconds, to a tenth. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}

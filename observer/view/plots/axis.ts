/** The part of a run's timeline that plots share. */
export interface TimeAxis {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where a moment lies between the ends of the axis, in percent of its length. */
export function percentAt({ fromMs, toMs }: TimeAxis, atMs: number): number {
  const share = toMs > fromMs ? (atMs - fromMs) / (toMs - fromMs) : 0;
  return rounded(100 * Math.min(1, Math.max(0, share)));
}

/** Two decimals: a tenth of a pixel on a wide screen. */
export function rounded(value: number): number {
  return Number(value.toFixed(2));
}

const stepsMs = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400].map((seconds) => seconds * 1_000);

/** Round moments of the axis, at most `most` of them. */
export function ticksOf({ fromMs, toMs }: TimeAxis, most: number): readonly number[] {
  if (toMs <= fromMs) return [fromMs];
  const stepMs = stepsMs.find((step) => (toMs - fromMs) / step <= most - 1) ?? (toMs - fromMs) / (most - 1);
  const first = Math.ceil(fromMs / stepMs) * stepMs;
  return Array.from({ length: Math.floor((toMs - first) / stepMs) + 1 }, (_, index) => first + index * stepMs);
}

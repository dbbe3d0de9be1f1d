/** 97.5 % of the standard normal distribution lies below it: the upper end of a two-sided 95 % interval. */
export const upperZ = 1.959964;

/** Outcomes of `n` pairs: `broken` passed before and fail now, `mended` the reverse; the rest agree. */
export interface Pairs {
  readonly n: number;
  readonly broken: number;
  readonly mended: number;
}

/**
 * The upper end of the score interval for the drop, (broken - mended) / n, in [-1, 1]. Unlike a normal approximation it
 * holds for few pairs, and does not vanish where no pair disagrees: 20 pairs that all agree leave a drop of up to
 * 16 points. Source: Tango, Statistics in Medicine 17 (1998).
 */
export function dropUpper(pairs: Pairs, z = upperZ): number {
  if (pairs.n === 0) return 1;
  let low = (pairs.broken - pairs.mended) / pairs.n;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (scoreOf(pairs, middle) > -z) low = middle;
    else high = middle;
  }
  return high;
}

/** Standardised distance of the observed drop from `drop`, with the likeliest nuisance parameter under it. */
function scoreOf({ n, broken, mended }: Pairs, drop: number): number {
  const b = -broken - mended + (2 * n - broken + mended) * drop;
  const c = -mended * drop * (1 - drop);
  const nuisance = (Math.sqrt(Math.max(0, b * b - 8 * n * c)) - b) / (4 * n);
  const variance = n * (2 * nuisance + drop * (1 - drop));
  const distance = broken - mended - n * drop;
  if (variance <= 0) return distance === 0 ? 0 : distance * Infinity;
  return distance / Math.sqrt(variance);
}

/**
 * Natural logarithm of the Gamma function for z > 0, to some 14 digits. Stirling's series, after a shift to where it
 * converges. Source: DLMF 5.11.1.
 */
function lnGamma(z: number): number {
  let shift = 0;
  let x = z;
  for (; x < 15; x++) shift += Math.log(x);
  const inverse = 1 / (x * x);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1_260 - inverse * (1 / 1_680 - inverse / 1_188)))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/**
 * Regularised incomplete beta function I_x(a, b) for a, b > 0: the distribution of which binomial tails and Student's t
 * are cases. Safe for a + b up to 1e6 and more, where it is good to 8 digits. Source: DLMF 8.17.22.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + lnGamma(a + b) - lnGamma(a) - lnGamma(b));
  return front === 0 ? 0 : front / (a * continuedFraction(x, a, b));
}

const digits = 1e-15;
/** Keeps a denominator of the modified Lentz method from being 0. */
const tiny = 1e-300;

/**
 * 1 + d1/(1 + d2/(1 + ...)), evaluated from the front. Source: Thompson and Barnett, Coulomb and Bessel functions
 * (1986), for the method.
 */
function continuedFraction(x: number, a: number, b: number): number {
  let value = 1;
  let c = 1;
  let d = 0;
  for (let step = 1; ; step++) {
    const m = Math.floor(step / 2);
    const term = step % 2 === 0 ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)) : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + term * d;
    d = 1 / (d === 0 ? tiny : d);
    c = 1 + term / c;
    if (c === 0) c = tiny;
    value *= c * d;
    if (Math.abs(c * d - 1) < digits || step > 100_000) return value;
  }
}

import { hash64 } from "./hash.ts";

/** The only source of chance in the cores. */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
  /**
   * An independent stream by name: adding one does not shift the others, and drawing from one does not shift its forks.
   */
  fork(label: string): Rng;
}

/** Small fast counter generator (sfc32, Doty-Humphrey 2010), seeded by a hash of `seed/label`. */
export function seededRng(seed: number | string, label = ""): Rng {
  const name = `${seed}/${label}`;
  let [a, b] = hash64(name);
  let [c, d] = hash64(`${name}#`);
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 4294967296;
  };
  for (let round = 0; round < 15; round++) next();
  return { next, fork: (child) => seededRng(name, child) };
}

/** Standard normal draw (Box-Muller), quantised so that virtual runs agree across machines. */
export function normal(rng: Rng): number {
  const u = 1 - rng.next();
  const v = rng.next();
  return quantise(Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v));
}

/** Log-normal draw by its median and sigma of ln(x). */
export function logNormal(rng: Rng, median: number, sigma: number): number {
  return quantise(median * Math.exp(sigma * normal(rng)));
}

/** Exponential draw with the given mean. */
export function exponential(rng: Rng, mean: number): number {
  return quantise(-mean * Math.log(1 - rng.next()));
}

/** Gamma draw by shape k > 0 and mean (Marsaglia and Tsang 2000; boosted for k < 1). CV = 1 / sqrt(k). */
export function gamma(rng: Rng, shape: number, mean: number): number {
  if (shape < 1) {
    const boost = Math.pow(1 - rng.next(), 1 / shape);
    return quantise(gamma(rng, shape + 1, mean * (shape + 1) / shape) * boost);
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(rng);
    const v = Math.pow(1 + c * x, 3);
    if (v <= 0) continue;
    const u = 1 - rng.next();
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return quantise((d * v * mean) / shape);
  }
}

/** Rounds to a relative 2^-32: libm differs in the last bits between machines, records may not. */
export function quantise(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const scale = 2 ** (32 - Math.ceil(Math.log2(Math.abs(value))));
  return Math.round(value * scale) / scale;
}

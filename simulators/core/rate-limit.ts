/**
 * A quota as a token bucket with an even refill. Pure and exact: time is in whole microseconds, and the level is in
 * units of which `perMinute` are added each microsecond, so that the time when the next request fits is a whole number.
 * Exact up to 150 million a bucket.
 */
export interface Bucket {
  readonly perMinute: number;
  /** Capacity, in requests or tokens. */
  readonly size: number;
  /** In units. */
  readonly level: number;
  readonly atUs: number;
}

/** Units of one request or token: the microseconds of a minute. */
const unitsOfOne = 60_000_000;
const usOfMs = 1000;

/** A full bucket that holds `burstMs` of its quota, at least one. */
export function fullBucket(perMinute: number, burstMs: number, nowMs: number): Bucket {
  const size = Math.max(1, Math.floor((perMinute * burstMs) / 60_000));
  return { perMinute, size, level: size * unitsOfOne, atUs: Math.round(nowMs * usOfMs) };
}

/** The bucket at `nowMs`. A time before its last one adds nothing. */
export function refilled(bucket: Bucket, nowMs: number): Bucket {
  const atUs = Math.round(nowMs * usOfMs);
  if (atUs <= bucket.atUs) return bucket;
  const full = bucket.size * unitsOfOne;
  const gained = (atUs - bucket.atUs) * bucket.perMinute;
  return { ...bucket, level: gained >= full - bucket.level ? full : bucket.level + gained, atUs };
}

/**
 * Takes `amount` (negative: returns it). The caller has checked that it fits. The level stays between empty and full.
 */
export function charged(bucket: Bucket, amount: number): Bucket {
  const level = bucket.level - amount * unitsOfOne;
  return { ...bucket, level: Math.min(bucket.size * unitsOfOne, Math.max(0, level)) };
}

export function fits(bucket: Bucket, amount: number): boolean {
  return bucket.level >= amount * unitsOfOne;
}

/** Whole requests or tokens in the bucket. */
export function remaining(bucket: Bucket): number {
  return Math.floor(bucket.level / unitsOfOne);
}

/** Whole ms until `amount` fits, exact to the millisecond. Infinity for more than the capacity. */
export function waitMs(bucket: Bucket, amount: number): number {
  if (amount > bucket.size) return Infinity;
  const missing = amount * unitsOfOne - bucket.level;
  return missing <= 0 ? 0 : Math.ceil(Math.ceil(missing / bucket.perMinute) / usOfMs);
}

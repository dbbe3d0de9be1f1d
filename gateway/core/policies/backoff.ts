/**
 * Full jitter: uniform in [0, min(maxMs, baseMs * 2^n)], n from 0. Source: Brooker, "Exponential backoff and jitter"
 * (AWS, 2015).
 */
export function fullJitterMs(settings: { readonly baseMs: number; readonly maxMs: number }, n: number, draw: number): number {
  return draw * Math.min(settings.maxMs, settings.baseMs * 2 ** Math.min(n, 30));
}

import { vi } from "vitest";

/** For a slow machine that others use as well. Vitest's own limit is 1 s. */
const patienceMs = 90_000;

/**
 * Asserts every `intervalMs` until it passes, and resolves to what the assertion returns. Rejects with its last failure
 * after that long.
 */
export function untilPasses<T>(assertion: () => T | Promise<T>, intervalMs = 20): Promise<T> {
  return vi.waitFor(assertion, { timeout: patienceMs, interval: intervalMs });
}

import type { Json } from "./corpus.ts";

/**
 * How much of two JSON values agrees, in [0, 1]: 1 for equal values, 0 for values of different types. Objects and
 * arrays are the mean over all keys or positions that either has; numbers are compared by their relative distance;
 * texts, booleans and null are equal or not.
 */
export function jsonLikeness(expected: Json, actual: Json): number {
  if (isArray(expected) || isArray(actual)) return isArray(expected) && isArray(actual) ? arrayLikeness(expected, actual) : 0;
  if (isObject(expected) || isObject(actual)) return isObject(expected) && isObject(actual) ? objectLikeness(expected, actual) : 0;
  if (typeof expected === "number" && typeof actual === "number") return numberLikeness(expected, actual);
  return expected === actual ? 1 : 0;
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);
const isObject = (value: Json): value is { readonly [key: string]: Json } => typeof value === "object" && value !== null;

function arrayLikeness(expected: readonly Json[], actual: readonly Json[]): number {
  const length = Math.max(expected.length, actual.length);
  if (length === 0) return 1;
  let total = 0;
  for (let index = 0; index < Math.min(expected.length, actual.length); index++) total += jsonLikeness(expected[index]!, actual[index]!);
  return total / length;
}

function objectLikeness(expected: { readonly [key: string]: Json }, actual: { readonly [key: string]: Json }): number {
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  if (keys.size === 0) return 1;
  let total = 0;
  for (const key of keys) if (Object.hasOwn(expected, key) && Object.hasOwn(actual, key)) total += jsonLikeness(expected[key]!, actual[key]!);
  return total / keys.size;
}

function numberLikeness(expected: number, actual: number): number {
  if (expected === actual) return 1;
  return Math.max(0, 1 - Math.abs(expected - actual) / Math.max(Math.abs(expected), Math.abs(actual)));
}

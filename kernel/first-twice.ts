/** The first value whose key an earlier one has. Undefined: each has its own. In linear time. */
export function firstTwice<T>(values: Iterable<T>, keyOf: (value: T) => unknown = (value) => value): T | undefined {
  const seen = new Set<unknown>();
  for (const value of values) {
    const key = keyOf(value);
    if (seen.has(key)) return value;
    seen.add(key);
  }
  return undefined;
}

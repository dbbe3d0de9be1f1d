/** Whether a pattern of the list is `value`; `*` in one stands for any run of characters. Null is in no list. */
export function matchesAny(patterns: readonly string[], value: string | null): boolean {
  return value !== null && patterns.some((pattern) => matches(pattern, value));
}

/** The parts between the stars must come in order: the first at the start, the last at the end. */
function matches(pattern: string, value: string): boolean {
  const parts = pattern.split("*");
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (parts.length === 1) return pattern === value;
  if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, at);
    if (found < 0 || found + part.length > value.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

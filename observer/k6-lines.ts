/** How an exchange ended, as far as k6's raw output tells it at a glance. */
export interface Preview {
  readonly endMs: number;
  readonly bad: boolean;
}

/**
 * A line of k6's raw output, read for the live view alone: an answer other than 2xx is bad, what was said is not looked at. Null for any other
 * line. The verdict never reads these.
 */
export function k6Preview(line: string): Preview | null {
  const { type, status, sentMs, endAfterMs } = objectOf(line);
  if (type !== "answered" || typeof sentMs !== "number" || typeof endAfterMs !== "number") return null;
  return { endMs: sentMs + endAfterMs, bad: typeof status !== "number" || status < 200 || status > 299 };
}

/** The object that a line of JSON holds; an empty one for any other line. */
export function objectOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

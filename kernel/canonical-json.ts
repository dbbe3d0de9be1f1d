/** Deeper than any value of the lab's own; what lies beyond is written as a token that no JSON has. */
const depthMax = 100;

/**
 * JSON text that equal values share: keys in order, no white space. What a file can hold and JSON cannot say again (`1e999`) is written as a token of
 * its own, so that it equals nothing else.
 */
export function canonicalJson(value: unknown): string {
  return textOf(value, 0);
}

function textOf(value: unknown, depth: number): string {
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  if (depth > depthMax) return "too deep";
  if (Array.isArray(value)) return `[${value.map((element) => textOf(element ?? null, depth + 1)).join(",")}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${textOf(field, depth + 1)}`).join(",")}}`;
}

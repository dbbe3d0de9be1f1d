/** Deeper than any value of the lab's own; what lies beyond is written as a token that no JSON has. */
const depthMax = 100;

/**
 * JSON text that equal values share: keys in order, no white space. What a file can hold and JSON cannot say again
 * (`1e999`) is written as a token of its own, so that it equals nothing else.
 */
export function canonicalJson(value: unknown): string {
  let text = "";
  writeCanonical(value, (part) => void (text += part));
  return text;
}

/** The same in small parts, for values too large to be held as text. */
export function writeCanonical(value: unknown, write: (part: string) => void): void {
  writeAt(value, 0, write);
}

function writeAt(value: unknown, depth: number, write: (part: string) => void): void {
  if (typeof value === "number") return write(Number.isFinite(value) ? JSON.stringify(value) : String(value));
  if (typeof value !== "object" || value === null) return write(JSON.stringify(value) ?? "undefined");
  if (depth > depthMax) return write("too deep");
  if (Array.isArray(value)) return writeArray(value, depth, write);
  writeObject(value, depth, write);
}

function writeArray(value: readonly unknown[], depth: number, write: (part: string) => void): void {
  write("[");
  for (const [index, element] of value.entries()) {
    if (index > 0) write(",");
    writeAt(element ?? null, depth + 1, write);
  }
  write("]");
}

function writeObject(value: object, depth: number, write: (part: string) => void): void {
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  write("{");
  for (const [index, [key, field]] of fields.entries()) {
    write(`${index > 0 ? "," : ""}${JSON.stringify(key)}:`);
    writeAt(field, depth + 1, write);
  }
  write("}");
}

import type { Problem, StatusEntry } from "./entry.ts";
import { isoTime } from "./time.ts";

/**
 * Names for imported incidents, as the catalogue has them: `openai-2021-03-02-v9c6hwjvywy8`, or by the minute of the
 * start where the page gives no id. An id of a page that comes a second time is a problem; without ids, a second one of
 * that minute gets a number.
 */
export class IdBook {
  /** Line of the first, by name. */
  readonly #lines = new Map<string, number>();

  take(entry: StatusEntry): { readonly id: string } | { readonly problem: Problem } {
    const start = isoTime(entry.spans[0]!.startMs);
    const name = [slug(entry.provider), start.slice(0, 10), entry.id === null ? start.slice(11, 16).replace(":", "") : slug(entry.id)].join("-");
    const before = this.#lines.get(name);
    if (before === undefined || entry.id === null) return { id: this.#keep(name, entry.line) };
    return { problem: { line: entry.line, column: "id", found: JSON.stringify(entry.id), expected: `an id that line ${before} does not have` } };
  }

  #keep(name: string, line: number): string {
    let id = name;
    for (let copy = 2; this.#lines.has(id); copy++) id = `${name}-${copy}`;
    this.#lines.set(id, line);
    return id;
  }
}

/** Lower-case letters, digits and hyphens, as the catalogue's schema requires; `x` for a text that has none. */
export function slug(text: string): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "");
  return plain === "" ? "x" : plain.slice(0, 60);
}

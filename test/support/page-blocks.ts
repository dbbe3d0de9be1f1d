import { existsSync, readFileSync } from "node:fs";

/**
 * Parts of a page of results that are made at different times: a block lies between two comments, and the others stay
 * as they are.
 */
const begin = (name: string) => `<!-- made: ${name} -->`;
const end = (name: string) => `<!-- end: ${name} -->`;

/** The block of a page; null: the page or the block is not there. */
export function keptBlock(file: string, name: string): string | null {
  if (!existsSync(file)) return null;
  const page = readFileSync(file, "utf8");
  const [from, to] = [page.indexOf(begin(name)), page.indexOf(end(name))];
  return from < 0 || to < from ? null : page.slice(from + begin(name).length, to).trim();
}

/** A block as a page has it. `content` null: it has not been made. */
export const block = (name: string, content: string | null): string => `${begin(name)}\n\n${content ?? "Not made yet."}\n\n${end(name)}`;

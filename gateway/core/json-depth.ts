/**
 * No request and no answer is nested this deep. Deeper ones overflow the stack when they are serialised, by recursion.
 */
export const DEPTH_MAX = 512;

/** The characters that begin strings, and open and close objects and arrays. */
const structure = /["[\]{}]/g;

/** Whether a JSON text is nested more than 512 deep. */
export function isTooDeep(text: string): boolean {
  if (text.length < 2 * DEPTH_MAX) return false;
  let depth = 0;
  structure.lastIndex = 0;
  for (let found = structure.exec(text); found !== null; found = structure.exec(text)) {
    const [unit] = found;
    if (unit === '"') structure.lastIndex = stringEnd(text, found.index) + 1;
    else if (unit === "{" || unit === "[") {
      if (++depth > DEPTH_MAX) return true;
    } else depth--;
  }
  return false;
}

/** The index of the closing quote of the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

/** Whether an odd number of backslashes precedes it. */
function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === "\\") slashes++;
  return slashes % 2 === 1;
}

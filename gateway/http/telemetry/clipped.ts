/** Longer than any name that is meant. */
const LENGTH_MAX = 256;

/** A client's or a provider's words, not at any length: what they call something has no bound of its own. */
export function clipped(text: string): string {
  return text.length <= LENGTH_MAX ? text : `${text.slice(0, LENGTH_MAX)}… (${text.length} characters)`;
}

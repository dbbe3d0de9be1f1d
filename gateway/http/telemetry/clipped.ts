/** Longer than any real name. */
const LENGTH_MAX = 256;

/** A client's or a provider's text with a bounded length: names that they send have no bound of their own. */
export function clipped(text: string): string {
  return text.length <= LENGTH_MAX ? text : `${text.slice(0, LENGTH_MAX)}… (${text.length} characters)`;
}

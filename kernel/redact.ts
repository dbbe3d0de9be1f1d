/** What stands in place of a secret. */
const hidden = "[redacted]";

const patterns: readonly RegExp[] = [
  /\b(?:Bearer|Basic)\s+[\w.~+/=-]{4,}/gi,
  // Keys as providers make them, and whole or masked forms that their errors quote.
  /\b(?:sk|pk|rk|vk|gsk|xai|hf|ghp|gho|glpat|AKIA|ASIA|AIza)[-_]?[\w*-]{8,}/g,
  /\beyJ[\w-]+\.[\w-]+\.?[\w-]*/g,
  /(?<=\b(?:api[-_ ]?key|x-api-key|token|secret|password|authorization|credential)s?["']?\s*[:=]\s*["']?)[^\s"',;}&]{4,}/gi,
  /\b(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{32,}/g,
];

/**
 * Text of others, such as an error's body, without what may be a secret: the given ones, and everything that looks like
 * a key, a token or a password. Longer text is cut to `charsMax` first.
 */
export function redact(text: string, secrets: readonly string[] = [], charsMax = 2_000): string {
  const cut = text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`;
  const known = secrets.filter((secret) => secret.length >= 4).reduce((rest, secret) => rest.replaceAll(secret, hidden), cut);
  return patterns.reduce((rest, pattern) => rest.replaceAll(pattern, hidden), known);
}

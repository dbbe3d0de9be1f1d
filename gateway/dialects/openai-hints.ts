/**
 * OpenAI's parameters that cannot change an answer's content: providers that know them get them, and others do not need
 * them.
 */
export const hintNames: ReadonlySet<string> = new Set([
  "user",
  "metadata",
  "store",
  "service_tier",
  "safety_identifier",
  "prompt_cache_key",
  "prompt_cache_retention",
  "prompt_cache_options",
]);

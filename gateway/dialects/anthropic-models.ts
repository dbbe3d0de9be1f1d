/**
 * The most output tokens of Claude models, by the beginning of their names: the API refuses more. Source: Anthropic's
 * models overview, 2026-06.
 */
const knownMaxima: readonly (readonly [name: RegExp, tokens: number])[] = [
  [/^claude-(?:2|instant)/, 4_096],
  [/^claude-3-(?:opus|sonnet|haiku)/, 4_096],
  [/^claude-3-5-/, 8_192],
  [/^claude-opus-4(?:-[01])?(?:-\d{8}|-latest|$)/, 32_000],
  [/^claude-(?:3-7|sonnet|haiku|opus)-/, 64_000],
];

/** Of a model that is not known. Every current model has at least so many. */
const UNKNOWN_MODEL_TOKENS = 32_000;

/** How many tokens one answer of the model may have. A name with a vendor's prefix counts as the bare one. */
export function outputTokensMax(model: string): number {
  const name = model.toLowerCase().replace(/^.*[/.]/, "");
  return knownMaxima.find(([pattern]) => pattern.test(name))?.[1] ?? UNKNOWN_MODEL_TOKENS;
}

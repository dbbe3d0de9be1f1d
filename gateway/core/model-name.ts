/** Suffixes that providers add to a model's name for its snapshot: a date, a release, a version. */
const snapshot = /^(?:-(?:preview|exp))?-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{2}-\d{2,4}|\d{3,4}|v\d+)$/;

/**
 * Whether an answer that names its model `answered` is by the requested model: by its exact name, or by a snapshot, as
 * providers name what an alias stands for (`gpt-4o` answers as `gpt-4o-2024-08-06`, `claude-x-latest` as
 * `claude-x-20250929`).
 */
export function isByModel(answered: string, asked: string): boolean {
  if (answered === asked) return true;
  const family = asked.endsWith("-latest") ? asked.slice(0, -"-latest".length) : asked;
  return answered.startsWith(family) && snapshot.test(answered.slice(family.length));
}

/** What providers put behind a name to say which snapshot of the model it was: a date, a release, a version. */
const snapshot = /^(?:-(?:preview|exp))?-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{2}-\d{2,4}|\d{3,4}|v\d+)$/;

/**
 * Whether an answer that calls itself `answered` is by the model that was asked for: by its very name, or by a snapshot of it, as providers name what stands
 * behind an alias (`gpt-4o` answers as `gpt-4o-2024-08-06`, `claude-x-latest` as `claude-x-20250929`).
 */
export function isByModel(answered: string, asked: string): boolean {
  if (answered === asked) return true;
  const family = asked.endsWith("-latest") ? asked.slice(0, -"-latest".length) : asked;
  return answered.startsWith(family) && snapshot.test(answered.slice(family.length));
}

/**
 * Token similarity of two texts, in [0, 1]: the F1 of their words, each counted as often as it occurs; case and
 * punctuation do not matter. The measure of question answering. Source: Rajpurkar et al., SQuAD (2016).
 */
export function tokenSimilarity(expected: string, actual: string): number {
  const [wanted, given] = [countsOf(expected), countsOf(actual)];
  const total = sizeOf(wanted) + sizeOf(given);
  if (total === 0) return 1;
  let shared = 0;
  for (const [token, count] of wanted) shared += Math.min(count, given.get(token) ?? 0);
  return (2 * shared) / total;
}

function countsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [token] of text.normalize("NFKC").toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

function sizeOf(counts: ReadonlyMap<string, number>): number {
  let size = 0;
  for (const count of counts.values()) size += count;
  return size;
}

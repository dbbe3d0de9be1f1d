/**
 * The few names that a mistyped one may have meant, best first: by edit distance (Levenshtein 1966), or because one
 * contains the other. Empty when nothing is near.
 */
export function closest(name: string, known: readonly string[], countMax = 3): readonly string[] {
  const wanted = name.toLowerCase();
  const scored = known.map((candidate) => ({ candidate, distance: nameDistance(wanted, candidate.toLowerCase()) }));
  return scored
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.max(wanted.length, candidate.length) * 0.4))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, countMax)
    .map(({ candidate }) => candidate);
}

/** "Did you mean x or y?", or, with nothing near, `otherwise`. */
export function didYouMean(name: string, known: readonly string[], otherwise: string): string {
  const near = closest(name, known);
  return near.length === 0 ? otherwise : `Did you mean ${near.map((candidate) => `"${candidate}"`).join(" or ")}?`;
}

function nameDistance(a: string, b: string): number {
  if (a.length >= 3 && b.includes(a)) return 1;
  return editDistance(a, b);
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(change, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

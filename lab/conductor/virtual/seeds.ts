/**
 * The seeds that a list such as `1..20` or `1,3,7..9` names, each once, in its order; null where it is no such list.
 */
export function seedsOf(list: string): readonly number[] | null {
  const parts = list.split(",").map((part) => /^(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(part.trim()));
  const seeds = new Set<number>();
  for (const part of parts) {
    if (part === null) return null;
    const from = Number(part[1]);
    const to = Number(part[2] ?? part[1]);
    if (to < from || to - from >= seedsMax) return null;
    for (let seed = from; seed <= to; seed++) seeds.add(seed);
  }
  return seeds.size > seedsMax ? null : [...seeds];
}

/** More than anybody waits for. */
const seedsMax = 1_000;

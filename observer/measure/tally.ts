/** What happened up to a moment: requests, and the bad ones among them. */
export interface Count {
  readonly total: number;
  readonly bad: number;
}

/** Counts over any half-open span [fromMs, toMs). */
export type CountBetween = (fromMs: number, toMs: number) => Count;

/** Index over dated events, in any order; each question then takes a binary search. */
export function tallyOf(events: readonly { readonly atMs: number; readonly bad: boolean }[]): CountBetween {
  const sorted = [...events].sort((a, b) => a.atMs - b.atMs);
  const times = sorted.map(({ atMs }) => atMs);
  const badBefore = [0];
  for (const { bad } of sorted) badBefore.push(badBefore.at(-1)! + (bad ? 1 : 0));
  return (fromMs, toMs) => {
    const from = firstAtOrAfter(times, fromMs);
    const to = firstAtOrAfter(times, toMs);
    return { total: to - from, bad: badBefore[to]! - badBefore[from]! };
  };
}

/** Index of the first of the ascending numbers that is at least `limit`; their count if none is. */
export function firstAtOrAfter(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

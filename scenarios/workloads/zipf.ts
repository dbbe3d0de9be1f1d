import { quantise, type Rng } from "../../kernel/rng.ts";

/**
 * Draws ranks 0..count-1 with probability proportional to 1 / (rank + 1)^exponent; exponent 0 is uniform. By inversion
 * on a table, so one uniform draw a rank.
 */
export function zipfRanks(count: number, exponent: number): (rng: Rng) => number {
  const cumulative: number[] = [];
  let total = 0;
  for (let rank = 1; rank <= count; rank++) {
    total += quantise(Math.pow(rank, -exponent));
    cumulative.push(total);
  }
  return (rng) => firstAbove(cumulative, rng.next() * total);
}

/** Index of the first element above `value` in an ascending list; the last when none is. */
function firstAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

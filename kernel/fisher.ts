/** Counts of one side of a comparison. */
export interface Counts {
  readonly good: number;
  readonly bad: number;
}

/**
 * Fisher's exact test, one-sided: the probability of so many bad ones or more on the left, given the totals, if both
 * sides were alike. 1 where a side is empty. The weights are relative to the most likely table, so that nothing
 * overflows for a million requests. Source: Fisher 1935.
 */
export function fisherTail(left: Counts, right: Counts): number {
  const leftTotal = left.good + left.bad;
  const rightTotal = right.good + right.bad;
  const bad = left.bad + right.bad;
  const low = Math.max(0, bad - rightTotal);
  const high = Math.min(leftTotal, bad);
  if (leftTotal === 0 || rightTotal === 0 || low === high) return 1;
  const rise = (k: number) => ((bad - k) * (leftTotal - k)) / ((k + 1) * (rightTotal - bad + k + 1));
  const mode = Math.min(high, Math.max(low, Math.floor(((bad + 1) * (leftTotal + 1)) / (leftTotal + rightTotal + 2))));
  let tail = 0;
  let rest = 0;
  const count = (k: number, weight: number) => void (k >= left.bad ? (tail += weight) : (rest += weight));
  for (let k = mode, weight = 1; k <= high && weight > 0; weight *= rise(k), k++) count(k, weight);
  for (let k = mode - 1, weight = 1; k >= low; k--) {
    weight /= rise(k);
    if (weight === 0) break;
    count(k, weight);
  }
  return tail / (tail + rest);
}

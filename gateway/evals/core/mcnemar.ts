import { binomialTail } from "../../../kernel/stats.ts";
import type { Pairs } from "./tango.ts";

/**
 * Two-sided exact p-value of McNemar's test: how likely pairs disagree at least so unevenly where neither version is
 * better. Source: McNemar (1947).
 */
export function mcnemarP({ broken, mended }: Pairs): number {
  const disagreeing = broken + mended;
  return disagreeing === 0 ? 1 : Math.min(1, 2 * binomialTail(Math.max(broken, mended), disagreeing, 0.5));
}

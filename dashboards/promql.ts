/** Pieces of PromQL. `$__rate_interval` is Grafana's: at least four scrapes. */

export const rate = (series: string): string => `rate(${series}[$__rate_interval])`;

/** The whole sum where no label is given. */
export const sumBy = (labels: string, expression: string): string => (labels === "" ? `sum(${expression})` : `sum by (${labels}) (${expression})`);

/** Nothing, and not NaN, where the whole is 0. */
export const ratio = (part: string, whole: string): string => `${part} / (${whole} > 0)`;

/**
 * The share of `whole` that is `part`, both rates, per `labels`; 0 and not nothing where no `part` was ever counted,
 * nothing where there is no traffic.
 */
export function shareOf(labels: string, part: string, whole: string): string {
  const total = sumBy(labels, whole);
  return ratio(`(${sumBy(labels, part)} or 0 * ${total})`, total);
}

export const share = (labels: string, part: string, whole: string): string => shareOf(labels, rate(part), rate(whole));

/** A quantile per `labels`; nothing, and not NaN, where nothing was counted. `matchers` are PromQL's, in braces. */
export const quantile = (q: number, labels: string, histogram: string, matchers = ""): string =>
  `histogram_quantile(${q}, ${sumBy(`le, ${labels}`, rate(`${histogram}_bucket${matchers}`))}) and ${sumBy(labels, rate(`${histogram}_count${matchers}`))} > 0`;

/** How many of the series are above 0; 0 and not nothing where none is. */
export const countAbove0 = (expression: string): string => `sum(${expression} > bool 0)`;

export const HOUR_S = 3_600;

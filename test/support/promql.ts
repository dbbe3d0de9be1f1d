/** What a PromQL expression says of one metric: labels that it names, and values that it compares them with. */
export interface MetricUse {
  readonly metric: string;
  readonly labels: readonly string[];
  /** Literal values of matchers, `a|b` taken apart; a dashboard's variables are none. */
  readonly values: readonly (readonly [label: string, value: string])[];
}

/**
 * Every use of a metric of ours in `expression`: its matchers, and the labels of each `by (…) (…)` that encloses
 * it.
 */
export function metricUses(expression: string): MetricUse[] {
  const groups = [...expression.matchAll(/\bby \(([^)]*)\) \(/g)].map((match) => {
    const from = match.index + match[0].length;
    return { from, to: closing(expression, from), labels: match[1]!.split(/\s*,\s*/) };
  });
  return [...expression.matchAll(/\b(?<!["\w])((?:blastlab|gen_ai)_\w+)(?:\{([^}]*)\})?/g)].filter((match) => !isLabel(match, groups)).map((match) => {
    const matchers = [...(match[2] ?? "").matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label, value]) => [label!, value!] as const);
    const around = groups.filter(({ from, to }) => from <= match.index && match.index < to).flatMap(({ labels }) => labels);
    return {
      metric: match[1]!,
      labels: [...new Set([...matchers.map(([label]) => label), ...around])],
      values: matchers.filter(([, value]) => !value.startsWith("$")).flatMap(([label, value]) => value.split("|").map((one) => [label, one] as const)),
    };
  });
}

/** A label of OpenTelemetry's looks like one of its metrics: it stands in the list of a `by (…)`. */
function isLabel({ 0: found, index, input }: RegExpExecArray, groups: readonly { readonly from: number; readonly labels: readonly string[] }[]): boolean {
  return groups.some(({ labels }) => labels.includes(found)) && /\bby \([^)]*$/.test(input.slice(0, index));
}

/** Where the bracket that was opened just before `from` closes. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let index = from; index < text.length; index++) {
    if (text[index] === "(") depth++;
    if (text[index] === ")" && --depth === 0) return index;
  }
  throw new Error(`A bracket is left open: ${text}`);
}

/** Values of each label, by the name of the series, of a page in Prometheus' text format. */
export function exposedLabels(page: string): Map<string, Map<string, Set<string>>> {
  const exposed = new Map<string, Map<string, Set<string>>>();
  for (const [, name, text] of page.matchAll(/^([a-zA-Z_]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const labels = exposed.get(name!) ?? new Map<string, Set<string>>();
    exposed.set(name!, labels);
    for (const [, label, value] of (text ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels.set(label!, (labels.get(label!) ?? new Set()).add(value!));
  }
  return exposed;
}

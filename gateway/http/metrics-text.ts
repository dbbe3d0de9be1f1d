type Labels = Readonly<Record<string, string>>;

export interface TextMetric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly samples: readonly (readonly [labels: Labels, value: number])[];
}

const escaped = (value: string) => value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');

/** One series as Prometheus' text format 0.0.4 names it. */
export function seriesText(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

/** In Prometheus' text format 0.0.4. A metric without a sample is left out. */
export function metricsText(metrics: readonly TextMetric[]): string {
  const shown = metrics.filter(({ samples }) => samples.length > 0);
  return shown.map(({ name, type, samples }) => `# TYPE ${name} ${type}\n${samples.map(([labels, value]) => `${seriesText(name, labels)} ${value}\n`).join("")}`).join("");
}

export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

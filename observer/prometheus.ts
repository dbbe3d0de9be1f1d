/** One sample of a Prometheus text page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/**
 * The samples of the named metrics; comments and all else are passed over. Source: Prometheus text exposition format
 * 0.0.4.
 */
export function readSamples(page: string, names: ReadonlySet<string>): readonly Sample[] {
  const samples: Sample[] = [];
  for (const line of page.split("\n")) {
    const [, name, labels, value] = sampleLine.exec(line.trim()) ?? [];
    if (name === undefined || value === undefined || !names.has(name)) continue;
    const pairs = [...(labels ?? "").matchAll(labelPair)].map((match) => [match[1]!, unescape(match[2]!)] as const);
    samples.push({ name, labels: Object.fromEntries(pairs), value: numberOf(value) });
  }
  return samples;
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

function numberOf(text: string): number {
  if (text === "+Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}

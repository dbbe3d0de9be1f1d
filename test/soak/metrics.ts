/** One series of the gateway's `/metrics`. */
interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export class Scrape {
  readonly #series: readonly Series[];

  constructor(text: string) {
    this.#series = text.split("\n").flatMap((line) => seriesOf(line) ?? []);
  }

  static async of(gatewayUrl: string): Promise<Scrape> {
    return new Scrape(await (await fetch(`${gatewayUrl}/metrics`)).text());
  }

  /** How many series there are: labels that grow without end would show here. */
  get size(): number {
    return this.#series.length;
  }

  /** The sum over all series of that name whose labels include these. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const own = this.#series.filter((series) => series.name === name && Object.entries(labels).every(([label, value]) => series.labels[label] === value));
    return own.reduce((total, { value }) => total + value, 0);
  }
}

function seriesOf(line: string): Series | null {
  const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
  if (name === undefined || value === undefined) return null;
  return { name, labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label!, text!])), value: Number(value) };
}

/** Which program offered a run's load, and which one timed the answers. */
export interface LoadSource {
  readonly generator: string;
  readonly instrument: string;
}

/** Instruments that see an answer's first content token. k6 alone does not: it buffers bodies and times headers. */
const tokenInstruments: ReadonlySet<string> = new Set(["embedded", "virtual", "relay"]);

/**
 * The client tap's `source`: `embedded` for a generator that times its own answers, `k6/relay` for one that the relay
 * times.
 */
export function formatLoadSource({ generator, instrument }: LoadSource): string {
  return generator === instrument ? generator : `${generator}/${instrument}`;
}

export function parseLoadSource(source: string): LoadSource {
  const [generator = "", instrument = generator] = source.split("/");
  return { generator, instrument };
}

/** Whether first-token times of this source are measurements. Where they are not, they count as not measured. */
export function timesFirstTokens(source: LoadSource | null): boolean {
  return source !== null && tokenInstruments.has(source.instrument);
}

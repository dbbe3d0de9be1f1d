/** Which program offered a run's load, and which one timed the answers. */
export interface LoadSource {
  readonly generator: string;
  readonly instrument: string;
}

/** Instruments that see an answer's first content token. k6 alone does not: it buffers bodies and times headers. */
const tokenInstruments: ReadonlySet<string> = new Set(["embedded", "virtual", "relay"]);

/** Load generators of the lab. None of their clients leaves on purpose. */
const ownGenerators: ReadonlySet<string> = new Set(["embedded", "virtual", "k6"]);

/**
 * Whether a request that its client left can be the client's own decision: only another load tool behind the relay can
 * have such clients.
 */
export function clientsMayLeave(source: LoadSource | null): boolean {
  return source !== null && source.instrument === "relay" && !ownGenerators.has(source.generator);
}

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

/** The eight toxics, their attributes and defaults, as Toxiproxy 2.12 names them. */
export const toxicAttributes = {
  /** ms, ms: each chunk is passed on `latency` +/- `jitter` after its arrival. */
  latency: ["latency", "jitter"],
  /** KB/s, with a KB of 1000 bytes. 0 passes nothing. */
  bandwidth: ["rate"],
  /** ms: delays the end of the stream. */
  slow_close: ["delay"],
  /** ms without data until the connection is closed. All data is dropped. 0 never closes. */
  timeout: ["timeout"],
  /** ms from the first data to RST. */
  reset_peer: ["timeout"],
  /** bytes, bytes, microseconds after each piece. */
  slicer: ["average_size", "size_variation", "delay"],
  /** bytes of a connection, which is then closed. */
  limit_data: ["bytes"],
  noop: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ToxicType = keyof typeof toxicAttributes;

/** `upstream`: from client to server. `downstream`: from server to client. */
export type ToxicStream = "upstream" | "downstream";

export type Attributes = Readonly<Record<string, number>>;

export interface ToxicSettings {
  /** Unique within a proxy, across both streams. */
  readonly name: string;
  readonly type: ToxicType;
  readonly stream: ToxicStream;
  /** Share of the connections on which it acts: 1 and more is all, 0 and less none. */
  readonly toxicity: number;
  /** Any number is allowed, and values out of range have a defined meaning. A missing attribute is 0. */
  readonly attributes: Attributes;
}

export function isToxicType(type: string): type is ToxicType {
  return Object.hasOwn(toxicAttributes, type);
}

/** An attribute as a finite number of at least 0. Missing, NaN and negative are 0. */
export function attribute(attributes: Attributes, name: string): number {
  const value = attributes[name] ?? 0;
  return value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : 0;
}

import type { Rng } from "../../../kernel/rng.ts";
import type { Attributes } from "./settings.ts";

export interface Chunk {
  readonly bytes: Uint8Array;
  /** When it came into the link; a latency moves it on, so that several add up. */
  readonly stampMs: number;
}

/** How a direction ends: the sender's FIN, a fault that closes the connection, or one that resets it. */
export type Ending = "half_close" | "close" | "reset";

/** What a toxic sees of its stage. */
export interface View {
  readonly nowMs: number;
  readonly attributes: Attributes;
  /** The oldest chunk that waits; it stays the head, cut as it is passed, until it is passed or dropped whole. */
  readonly head: Chunk | null;
  /** How the input ended, once all chunks before it are gone. */
  readonly ending: Ending | null;
  readonly rng: Rng;
}

/** What a toxic wants done. Data only ever leaves a stage's queue by one of these, so no edit can lose any. */
export type Step =
  /** Nothing until input comes. */
  | { readonly kind: "idle" }
  /** Look again then, or when input comes. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** Pass the first `bytes` of the head on, stamped anew if `stampMs` is given. */
  | { readonly kind: "pass"; readonly bytes: number; readonly stampMs?: number }
  /** Throw the head away. */
  | { readonly kind: "drop" }
  /** End the stream here: what still waits is thrown away. */
  | { readonly kind: "end"; readonly ending: Ending };

/** A toxic at work on one direction of one connection: its state. Each step that it gives is carried out once, in order. */
export interface Pipe {
  step(view: View): Step;
}

/** A kind of fault. */
export interface Toxic {
  /** Chunks that may wait in front of it. */
  readonly capacity: number;
  /**
   * What an update of its attributes does to a live connection: `release` passes the chunk in hand on at once and starts afresh,
   * `restart` starts afresh, `keep` goes on with the state.
   */
  readonly onUpdate: "release" | "restart" | "keep";
  /** Whether removing it closes the connection. */
  readonly closesWhenRemoved: boolean;
  open(nowMs: number): Pipe;
}

/** Passes the head whole, or the end on, or idles. */
export function passThrough(view: View): Step {
  if (view.head !== null) return { kind: "pass", bytes: view.head.bytes.length };
  return view.ending === null ? { kind: "idle" } : { kind: "end", ending: view.ending };
}

import type { Rng } from "../../../kernel/rng.ts";
import type { Attributes } from "./settings.ts";

export interface Chunk {
  readonly bytes: Uint8Array;
  /** Arrival in the link. A latency moves it forward, so that several add up. */
  readonly stampMs: number;
}

/** How a direction ends: the sender's FIN, a toxic that closes the connection, or one that resets it. */
export type Ending = "half_close" | "close" | "reset";

/** A toxic's view of its stage. */
export interface View {
  readonly nowMs: number;
  readonly attributes: Attributes;
  /**
   * The oldest chunk that waits. It stays the head, shortened as parts are passed, until it is completely passed or
   * dropped.
   */
  readonly head: Chunk | null;
  /** How the input ended, once no chunk waits. */
  readonly ending: Ending | null;
  readonly rng: Rng;
}

/** A toxic's next step. Data leaves a stage's queue only by these, so that no edit can lose any. */
export type Step =
  /** Wait for input. */
  | { readonly kind: "idle" }
  /** Wait until then, or for input. */
  | { readonly kind: "wait"; readonly untilMs: number }
  /** Pass on the first `bytes` of the head, with `stampMs` as its new arrival if given. */
  | { readonly kind: "pass"; readonly bytes: number; readonly stampMs?: number }
  /** Drop the head. */
  | { readonly kind: "drop" }
  /** End the stream here. What still waits is dropped. */
  | { readonly kind: "end"; readonly ending: Ending };

/** The state of a toxic on one direction of one connection. Each returned step is carried out once, in order. */
export interface Pipe {
  step(view: View): Step;
}

/** A kind of toxic. */
export interface Toxic {
  /** How many chunks may wait in front of it. */
  readonly capacity: number;
  /**
   * The effect of an update of its attributes on a live connection: `release` passes on the held chunk at once and
   * starts with new state, `restart` starts with new state, `keep` keeps the state.
   */
  readonly onUpdate: "release" | "restart" | "keep";
  /** Whether removing it closes the connection. */
  readonly closesWhenRemoved: boolean;
  open(nowMs: number): Pipe;
}

/** Passes on the whole head or the end, or idles. */
export function passThrough(view: View): Step {
  if (view.head !== null) return { kind: "pass", bytes: view.head.bytes.length };
  return view.ending === null ? { kind: "idle" } : { kind: "end", ending: view.ending };
}

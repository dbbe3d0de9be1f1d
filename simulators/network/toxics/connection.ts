import type { Clock } from "../../../kernel/clock.ts";
import { hashUnit } from "../../../kernel/hash.ts";
import { seededRng } from "../../../kernel/rng.ts";
import { Link } from "./link.ts";
import type { ToxicSettings, ToxicStream } from "./settings.ts";
import { Stage } from "./stage.ts";
import type { Ending } from "./toxic.ts";
import type { ToxicSet } from "./toxic-set.ts";

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly seed: number;
  readonly proxy: string;
  /** Number of this connection at its proxy, from 0. With the seed it determines all chance. */
  readonly ordinal: number;
  readonly toxics: ToxicSet;
}

/** `closed`: both directions have ended with FIN, or a toxic closed the connection. `reset`: both peers receive RST. */
export type ConnectionEnd = "closed" | "reset";

/** One client's connection through a proxy: two directions, independent until a toxic closes or resets both. */
export interface Connection {
  /** From the client to the server. */
  readonly upstream: Link;
  /** From the server to the client. */
  readonly downstream: Link;
  /** Null while it is open. */
  readonly end: ConnectionEnd | null;
  /** Calls `listener` once when the connection ends, or at once if it has ended. */
  onEnd(listener: (end: ConnectionEnd) => void): void;
  /** Ends both directions now, as when the proxy is disabled. */
  close(end: ConnectionEnd): void;
}

/**
 * Opens a connection with the toxics of its proxy, and follows their edits until it ends. A direction has ended when
 * its `output` is read to the end: `half_close` is passed on as FIN, while `close` and `reset` have ended the whole
 * connection.
 */
export function openConnection(options: ConnectionOptions): Connection {
  return new ToxicConnection(options);
}

/**
 * The draw of a toxic on a connection, [0, 1): the toxic acts when it is below the toxicity. A pure function, so that
 * an edit of one toxic never changes another's draw, and a higher toxicity only adds connections.
 */
export function toxicityCoin(options: { seed: number; proxy: string; ordinal: number }, toxic: string): number {
  return hashUnit("toxicity", options.seed, options.proxy, options.ordinal, toxic);
}

class ToxicConnection implements Connection {
  readonly upstream: Link;
  readonly downstream: Link;
  #end: ConnectionEnd | null = null;
  #listeners: ((end: ConnectionEnd) => void)[] = [];
  readonly #unfollow: () => void;

  constructor(options: ConnectionOptions) {
    this.upstream = this.#open(options, "upstream");
    this.downstream = this.#open(options, "downstream");
    this.#unfollow = options.toxics.follow({
      added: (settings) => this.#link(settings).add(settings),
      updated: (settings) => this.#link(settings).update(settings),
      removed: (settings) => this.#link(settings).remove(settings.name),
    });
  }

  get end(): ConnectionEnd | null {
    return this.#end;
  }

  onEnd(listener: (end: ConnectionEnd) => void): void {
    if (this.#end === null) this.#listeners.push(listener);
    else listener(this.#end);
  }

  close(end: ConnectionEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#unfollow();
    const ending: Ending = end === "reset" ? "reset" : "close";
    this.upstream.cut(ending);
    this.downstream.cut(ending);
    for (const listener of this.#listeners) listener(end);
    this.#listeners = [];
  }

  #open(options: ConnectionOptions, stream: ToxicStream): Link {
    const link = new Link({
      clock: options.clock,
      stage: (settings) => stageOf(options, settings),
      onEnding: (ending) => this.#onEnding(ending),
    });
    for (const settings of options.toxics.of(stream)) link.add(settings);
    return link;
  }

  #link(settings: ToxicSettings): Link {
    return settings.stream === "upstream" ? this.upstream : this.downstream;
  }

  #onEnding(ending: Ending): void {
    if (ending === "reset") this.close("reset");
    else if (ending === "close" || (this.upstream.ending !== null && this.downstream.ending !== null)) this.close("closed");
  }
}

function stageOf(options: ConnectionOptions, settings: ToxicSettings): Stage {
  return new Stage({
    settings,
    coin: toxicityCoin(options, settings.name),
    rng: seededRng(options.seed, `toxic/${options.proxy}/${options.ordinal}/${settings.name}`),
    nowMs: options.clock.nowMs(),
  });
}

import type { Clock } from "../../../kernel/clock.ts";
import { Canceller, type Signal } from "../../../kernel/signal.ts";
import { TransportError, type Transport, type TransportRequest, type TransportResponse } from "../../../kernel/transport.ts";
import { CommentScan } from "./comments.ts";
import type { Replica, Watcher } from "./replica.ts";

/** How long a stream of a replica that is out may be silent before it is cut. Bytes that still flow are not cut. */
export const streamQuietMs = 1_000;

interface AttemptOptions {
  readonly replica: Replica;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly client: Signal;
  readonly keptSilentMs: number;
}

/**
 * One request at one replica. It is moved when the replica is removed before any content, because only health checks
 * can tell a silent replica from a slow answer; and it is cut when the replica is removed after that and nothing flows.
 */
export class Attempt implements Watcher {
  readonly replica: Replica;
  readonly #options: AttemptOptions;
  readonly #canceller: Canceller;
  #timer: () => void = () => {};
  #hasContent = false;
  #lastByteMs = 0;
  /** Whether the edge ended it, because its replica is gone. */
  isMoved = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.replica = options.replica;
    this.#canceller = new Canceller(options.client);
    this.replica.watchers.add(this);
    if (this.replica.isDown) this.suspected();
  }

  /**
   * The head and the first content of the body, with the comments before it: until there is content, the request can go
   * elsewhere.
   */
  async open(request: TransportRequest): Promise<{ readonly head: TransportResponse; readonly first: readonly Uint8Array[]; readonly rest: AsyncIterator<Uint8Array> }> {
    const head = await this.#options.transport.open(request, this.#canceller.signal);
    const rest = head.body[Symbol.asyncIterator]();
    const comments = isEventStream(head) ? new CommentScan() : null;
    const first: Uint8Array[] = [];
    for (let part = await this.next(rest); part !== null; part = await this.next(rest)) {
      first.push(part);
      if (comments === null || comments.hasContent(part)) break;
    }
    this.#hasContent = true;
    return { head, first, rest };
  }

  /** The next part of the body; null: it is whole. */
  async next(rest: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> {
    const { done, value } = await rest.next();
    this.#lastByteMs = this.#options.clock.nowMs();
    return done === true ? null : value;
  }

  close(): void {
    this.#timer();
    this.replica.watchers.delete(this);
    this.#canceller.dispose();
  }

  removed(): void {
    this.#timer();
    if (!this.#hasContent) this.#move();
    else this.#cutWhenQuiet();
  }

  /**
   * `removed` follows in the same turn where the replica may be removed. Where nothing else is left, waiting is all
   * there is.
   */
  suspected(): void {
    this.#after(this.#options.keptSilentMs, () => {
      if (this.replica.kept === "last") this.suspected();
      else if (this.#hasContent) this.#cutWhenQuiet();
      else this.#move();
    });
  }

  cleared(): void {
    this.#timer();
  }

  #cutWhenQuiet(): void {
    const leftMs = this.#lastByteMs + streamQuietMs - this.#options.clock.nowMs();
    if (leftMs <= 0) this.#move();
    else this.#after(leftMs, () => this.#cutWhenQuiet());
  }

  #move(): void {
    this.isMoved = true;
    this.#canceller.cancel(new TransportError("aborted", "the replica is gone"));
  }

  #after(ms: number, fn: () => void): void {
    this.#timer();
    this.#timer = this.#options.clock.at(this.#options.clock.nowMs() + ms, fn);
  }
}

const isEventStream = ({ status, headers }: TransportResponse): boolean => status === 200 && (headers["content-type"] ?? "").toLowerCase().startsWith("text/event-stream");

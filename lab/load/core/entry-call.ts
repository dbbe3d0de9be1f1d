import type { Clock } from "../../../kernel/clock.ts";
import { Cancelled, Canceller, type Signal } from "../../../kernel/signal.ts";
import { TransportError, type Transport, type TransportRequest, type TransportResponse } from "../../../kernel/transport.ts";
import { entryOf } from "./entries.ts";

/** An entry that has sent nothing for so long is asked whether it is there. */
export const entryQuietMs = 500;
/** It is silent when it does not answer that for so long. */
const answerMs = 1_000;

const silent = "the entry is silent";

interface CallSeams {
  readonly clock: Clock;
  readonly transport: Transport;
}

/** What a client's record shows of its call. */
export interface CallFacts {
  /** The entry that answered; absent: none did, or there is only one. */
  readonly entry?: string;
  /** The entries that did not, and why. */
  readonly tried?: readonly string[];
}

/** The entries of a client in its order: the one to which it keeps, and, where it tries others, these. */
export function entriesOfClient(entries: readonly string[], client: string, tryOthers: boolean): readonly string[] {
  const own = entryOf(entries, client)!;
  return tryOthers ? [own, ...entries.filter((entry) => entry !== own)] : [own];
}

/**
 * One request of a client that holds several entries. It tries the next one when an entry cannot be reached, breaks off
 * before its headers, or is silent; never once it has headers. A slow answer is not silence: an entry that is quiet is
 * asked, over a connection of its own, whether it is there, and any answer will do. A stream whose entry falls silent
 * is broken off. With one entry it is that entry's answer or failure, and nothing is asked.
 */
export class EntryCall {
  readonly #seams: CallSeams;
  readonly #entries: readonly string[];
  readonly #tried: string[] = [];
  #answeredBy: string | null = null;

  constructor(seams: CallSeams, entries: readonly string[]) {
    this.#seams = seams;
    this.#entries = entries;
  }

  get facts(): CallFacts {
    if (this.#entries.length < 2) return {};
    return { ...(this.#answeredBy !== null && { entry: this.#answeredBy }), ...(this.#tried.length > 0 && { tried: [...this.#tried] }) };
  }

  /** Rejects with the `TransportError` of the last entry, and with `Cancelled` as the transport does. */
  async open(requestAt: (entry: string) => TransportRequest, signal: Signal): Promise<TransportResponse> {
    const { transport } = this.#seams;
    if (this.#entries.length < 2) return transport.open(requestAt(this.#entries[0]!), signal);
    let last: unknown;
    for (const entry of this.#entries) {
      const watched = new Canceller(signal);
      const watch = new EntryWatch(this.#seams, entry, () => watched.cancel(silent));
      try {
        const response = await transport.open(requestAt(entry), watched.signal);
        this.#answeredBy = entry;
        return { ...response, body: watchedBody(response.body, { watch, watched }) };
      } catch (error) {
        watch.stop();
        watched.dispose();
        const isSilent = watched.signal.reason === silent;
        if (signal.aborted || !(error instanceof TransportError || (error instanceof Cancelled && isSilent))) throw error;
        last = isSilent ? new TransportError("closed_early", silent) : error;
        this.#tried.push(`${entry} ${isSilent ? "silent" : (error as TransportError).kind}`);
      }
    }
    throw last;
  }
}

/** A body whose entry falls silent ends broken, never whole. */
async function* watchedBody(body: AsyncIterable<Uint8Array>, { watch, watched }: { watch: EntryWatch; watched: Canceller }): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      watch.seen();
      yield chunk;
    }
  } catch (error) {
    throw watched.signal.reason === silent ? new TransportError("closed_early", silent) : error;
  } finally {
    watch.stop();
    watched.dispose();
  }
}

/** Asks an entry that is quiet whether it is there. */
class EntryWatch {
  readonly #seams: CallSeams;
  readonly #entry: string;
  readonly #onSilent: () => void;
  #stopTimer: () => void = () => {};
  #asking: Canceller | null = null;

  constructor(seams: CallSeams, entry: string, onSilent: () => void) {
    this.#seams = seams;
    this.#entry = entry;
    this.#onSilent = onSilent;
    this.seen();
  }

  /** Something has come from it. */
  seen(): void {
    this.stop();
    const { clock } = this.#seams;
    this.#stopTimer = clock.at(clock.nowMs() + entryQuietMs, () => void this.#ask());
  }

  stop(): void {
    this.#stopTimer();
    this.#asking?.cancel("no longer needed");
    this.#asking = null;
  }

  async #ask(): Promise<void> {
    const { clock, transport } = this.#seams;
    const asking = new Canceller();
    this.#asking = asking;
    const stopTimer = clock.at(clock.nowMs() + answerMs, () => asking.cancel(silent));
    try {
      const { body } = await transport.open({ method: "GET", url: `${this.#entry}/health/live`, headers: {}, body: new Uint8Array() }, asking.signal);
      for await (const _ of body);
      if (this.#asking === asking) this.seen();
    } catch (error) {
      if (!(error instanceof TransportError || error instanceof Cancelled)) throw error;
      if (this.#asking !== asking) return;
      this.#asking = null;
      this.#onSilent();
    } finally {
      stopTimer();
    }
  }
}

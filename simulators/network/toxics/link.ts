import type { Clock } from "../../../kernel/clock.ts";
import type { ToxicSettings } from "./settings.ts";
import { Stage, type Sink } from "./stage.ts";
import type { Chunk, Ending } from "./toxic.ts";

/** A larger write is split into chunks of this size, as Toxiproxy reads. */
const chunkBytesMax = 32 * 1024;
/** A later time counts as never, and gets no timer. */
const waitMsMax = 1e11;
/**
 * A clock that rounds may fire a little early. Without this step the timer would be set for the same moment again and
 * again.
 */
const tickMs = 0.001;

class Outlet implements Sink {
  readonly queue: Chunk[] = [];
  ending: Ending | null = null;

  get room(): boolean {
    return this.queue.length === 0;
  }

  push(chunk: Chunk): void {
    if (this.ending === null) this.queue.push(chunk);
  }

  end(ending: Ending): void {
    this.ending ??= ending;
  }
}

export interface LinkOptions {
  readonly clock: Clock;
  /** Creates the stage of a toxic, with the connection's own draws. */
  readonly stage: (settings: ToxicSettings) => Stage;
  /** Called once, when the reader has received all bytes and the end. */
  readonly onEnding: (ending: Ending) => void;
}

/**
 * One direction of a connection: bytes from `write` pass a chain of toxics, in the order in which these were added, to
 * `output`. Edits act at once on live data, lose none of it, and never wait for a reader.
 */
export class Link {
  readonly #clock: Clock;
  readonly #makeStage: LinkOptions["stage"];
  readonly #onEnding: LinkOptions["onEnding"];
  readonly #outlet = new Outlet();
  #stages: Stage[] = [];
  #cancelTimer: (() => void) | null = null;
  #timerMs = Infinity;
  #writers: (() => void)[] = [];
  #readers: (() => void)[] = [];
  #onReadable: (() => void) | null = null;
  #isReported = false;

  constructor(options: LinkOptions) {
    this.#clock = options.clock;
    this.#makeStage = options.stage;
    this.#onEnding = options.onEnding;
  }

  /** How this direction ended. Null until `output` has been read to its end. */
  get ending(): Ending | null {
    return this.#isReported ? this.#outlet.ending : null;
  }

  /**
   * Whether bytes written now would be read at once, whole: no toxic, nothing waiting, and a reader that waits for
   * more.
   */
  get isClear(): boolean {
    return this.#stages.length === 0 && this.#outlet.room && this.#outlet.ending === null && this.#readers.length > 0;
  }

  /** Whether bytes written now would be next to be read: no toxic, nothing waiting, and no end. */
  get isIdle(): boolean {
    return this.#stages.length === 0 && this.#outlet.room && this.#outlet.ending === null;
  }

  /** Whether its end has come to the reader's side, read or not. */
  get isEnding(): boolean {
    return this.#outlet.ending !== null;
  }

  /**
   * Writes bytes. Resolves when there is room for more (backpressure). After the end, and on a closed link, bytes are
   * dropped.
   */
  async write(bytes: Uint8Array): Promise<void> {
    const stampMs = this.#clock.nowMs();
    for (let from = 0; from < bytes.length; from += chunkBytesMax) {
      this.#first.push({ bytes: bytes.subarray(from, from + chunkBytesMax), stampMs });
    }
    this.#pump();
    while (!this.#first.room && this.#outlet.ending === null) await new Promise<void>((resolve) => this.#writers.push(resolve));
  }

  /** The sender's half-close. It passes the toxics behind the data. */
  end(): void {
    this.#first.end("half_close");
    this.#pump();
  }

  /** Ends the link now. Bytes that have passed all toxics are still delivered, and bytes that wait are dropped. */
  cut(ending: Ending): void {
    this.#stages = [];
    this.#outlet.end(ending);
    this.#pump();
  }

  /** The bytes that have passed. After its end, `ending` is set. May be read once. */
  get output(): AsyncIterable<Uint8Array> {
    return this.#read();
  }

  /**
   * The next bytes that have passed; null: there are none, or it has ended (`ending`). For a reader without `output`.
   */
  take(): Uint8Array | null {
    const chunk = this.#outlet.queue.shift();
    if (chunk !== undefined) {
      this.#pump();
      return chunk.bytes;
    }
    if (this.#outlet.ending !== null) this.#reportEnding(this.#outlet.ending);
    return null;
  }

  /** Calls `listener` whenever there may be something to `take`. */
  onReadable(listener: () => void): void {
    this.#onReadable = listener;
  }

  /** The toxics of this direction, in order, and whether each acts on this connection. */
  get toxics(): readonly { readonly name: string; readonly taken: boolean }[] {
    return this.#stages.map((stage) => ({ name: stage.settings.name, taken: stage.taken }));
  }

  add(settings: ToxicSettings): void {
    if (this.#outlet.ending !== null) return;
    const stage = this.#makeStage(settings);
    this.#stages.push(stage);
    this.#pump();
  }

  update(settings: ToxicSettings): void {
    const index = this.#indexOf(settings.name);
    if (index < 0) return;
    this.#stages[index]!.update(settings, this.#after(index), this.#clock.nowMs());
    this.#pump();
  }

  remove(name: string): void {
    const index = this.#indexOf(name);
    if (index < 0) return;
    this.#stages[index]!.dissolve(this.#after(index));
    this.#stages.splice(index, 1);
    this.#pump();
  }

  get #first(): Sink {
    return this.#stages[0] ?? this.#outlet;
  }

  #after(index: number): Sink {
    return this.#stages[index + 1] ?? this.#outlet;
  }

  #indexOf(name: string): number {
    return this.#stages.findIndex((stage) => stage.settings.name === name);
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const bytes = this.take();
      if (bytes !== null) {
        yield bytes;
        continue;
      }
      if (this.#outlet.ending !== null) return;
      await new Promise<void>((resolve) => this.#readers.push(resolve));
    }
  }

  #reportEnding(ending: Ending): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.#onEnding(ending);
  }

  /** Advances every stage as far as possible, the last one first, so that there is room before it is needed. */
  #pump(): void {
    const nowMs = this.#clock.nowMs();
    for (let moved = true; moved; ) {
      moved = false;
      for (let index = this.#stages.length - 1; index >= 0; index--) {
        while (this.#stages[index]!.advance(this.#after(index), nowMs)) moved = true;
      }
    }
    if (this.#outlet.ending === "reset") {
      this.#outlet.queue.length = 0;
      this.#reportEnding("reset");
    }
    this.#arm(nowMs);
    if (this.#first.room || this.#outlet.ending !== null) this.#writers = wakeAll(this.#writers);
    if (this.#outlet.queue.length === 0 && this.#outlet.ending === null) return;
    this.#readers = wakeAll(this.#readers);
    this.#onReadable?.();
  }

  /** Sets one timer, for the stage that is due first. */
  #arm(nowMs: number): void {
    let wakeMs = Infinity;
    for (const stage of this.#stages) wakeMs = Math.min(wakeMs, stage.wakeMs);
    if (wakeMs - nowMs > waitMsMax) wakeMs = Infinity;
    if (wakeMs === this.#timerMs) return;
    this.#cancelTimer?.();
    this.#timerMs = wakeMs;
    if (wakeMs === Infinity) this.#cancelTimer = null;
    else this.#cancelTimer = this.#clock.at(Math.max(wakeMs, nowMs + tickMs), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#cancelTimer = null;
    this.#timerMs = Infinity;
    this.#pump();
  }
}

function wakeAll(waiters: (() => void)[]): (() => void)[] {
  for (const wake of waiters) wake();
  return [];
}

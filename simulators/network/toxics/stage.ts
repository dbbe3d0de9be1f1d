import type { Rng } from "../../../kernel/rng.ts";
import { noop, toxicsByType } from "./registry.ts";
import type { ToxicSettings } from "./settings.ts";
import type { Chunk, Ending, Pipe, Step, Toxic } from "./toxic.ts";

/** The destination of a stage: the next stage, or the link's outlet. */
export interface Sink {
  readonly room: boolean;
  push(chunk: Chunk): void;
  end(ending: Ending): void;
}

export interface StageOptions {
  readonly settings: ToxicSettings;
  /** The toxic's draw on this connection, [0, 1): the toxic acts when it is below the toxicity. */
  readonly coin: number;
  readonly rng: Rng;
  readonly nowMs: number;
}

/** One toxic on one direction of one connection, with the chunks that wait before it. */
export class Stage implements Sink {
  #settings: ToxicSettings;
  readonly #coin: number;
  readonly #rng: Rng;
  #toxic: Toxic;
  #pipe: Pipe;
  #queue: Chunk[] = [];
  #ending: Ending | null = null;
  /** A step that is waiting for room in the sink. */
  #pending: Step | null = null;
  /** Whether the head was examined and held back. */
  #holds = false;
  #ended = false;
  /** When to advance again. Infinity: not before there is input. */
  wakeMs = Infinity;

  constructor(options: StageOptions) {
    this.#settings = options.settings;
    this.#coin = options.coin;
    this.#rng = options.rng;
    this.#toxic = this.#chosen();
    this.#pipe = this.#toxic.open(options.nowMs);
  }

  get settings(): ToxicSettings {
    return this.#settings;
  }

  /** Whether the toxic acts on this connection. */
  get taken(): boolean {
    return this.#coin < this.#settings.toxicity;
  }

  get room(): boolean {
    return this.#ended || this.#queue.length < this.#toxic.capacity;
  }

  push(chunk: Chunk): void {
    if (!this.#ended && this.#ending === null && chunk.bytes.length > 0) this.#queue.push(chunk);
  }

  end(ending: Ending): void {
    this.#ending ??= ending;
  }

  /** Carries out one step into `sink`. Returns false when there was none, and then `wakeMs` is set. */
  advance(sink: Sink, nowMs: number): boolean {
    if (this.#ended) return false;
    const step = this.#pending ?? this.#pipe.step(this.#view(nowMs));
    this.#pending = null;
    this.wakeMs = step.kind === "wait" ? step.untilMs : Infinity;
    switch (step.kind) {
      case "idle":
      case "wait":
        this.#holds = this.#queue.length > 0;
        return false;
      case "pass":
        if (!sink.room) {
          this.#pending = step;
          return false;
        }
        this.#pass(step, sink);
        return true;
      case "drop":
        this.#queue.shift();
        return true;
      case "end":
        this.#finish(step.ending, sink);
        return true;
    }
  }

  /** Applies new attributes or toxicity to the live connection. */
  update(settings: ToxicSettings, sink: Sink, nowMs: number): void {
    this.#settings = settings;
    const toxic = this.#chosen();
    if (toxic === this.#toxic && toxic.onUpdate === "keep") return;
    const releases = this.#toxic.onUpdate === "release" && this.#holds && this.#pending === null;
    this.#toxic = toxic;
    this.#pipe = toxic.open(nowMs);
    if (releases && this.#queue.length > 0) sink.push(this.#queue.shift()!);
    this.#holds = false;
  }

  /** Passes everything that waits to `sink`, even without room, because the stage is removed. */
  dissolve(sink: Sink): void {
    if (this.#ended) return;
    if (this.taken && this.#toxic.closesWhenRemoved) {
      this.#finish("close", sink);
      return;
    }
    for (const chunk of this.#queue) sink.push(chunk);
    if (this.#ending !== null) sink.end(this.#ending);
    this.#queue = [];
    this.#ended = true;
  }

  #chosen(): Toxic {
    return this.taken ? toxicsByType[this.#settings.type] : noop;
  }

  #view(nowMs: number) {
    const head = this.#queue[0] ?? null;
    return { nowMs, attributes: this.#settings.attributes, head, ending: head === null ? this.#ending : null, rng: this.#rng };
  }

  #pass(step: Extract<Step, { kind: "pass" }>, sink: Sink): void {
    const head = this.#queue[0]!;
    this.#holds = false;
    const stampMs = step.stampMs ?? head.stampMs;
    if (step.bytes >= head.bytes.length) {
      this.#queue.shift();
      sink.push(stampMs === head.stampMs ? head : { bytes: head.bytes, stampMs });
      return;
    }
    this.#queue[0] = { bytes: head.bytes.subarray(step.bytes), stampMs: head.stampMs };
    this.#holds = true;
    sink.push({ bytes: head.bytes.subarray(0, step.bytes), stampMs });
  }

  #finish(ending: Ending, sink: Sink): void {
    this.#queue = [];
    this.#ended = true;
    sink.end(ending);
  }
}

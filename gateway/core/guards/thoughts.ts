import type { ChatEvent, WirePiece } from "../../../kernel/chat.ts";
import type { TextFilter } from "./text-filter.ts";

type Thought = Extract<ChatEvent, { type: "reasoning" }> & { readonly wire: WirePiece };

/** The data of a piece in which the text `thought` has become `changed`, and every other text is filtered alone. */
type ReplaceThought = (from: WirePiece, thought: string, changed: string) => string;

/**
 * Runs the thinking of an answer through a filter, across its pieces: the vocabulary does not show it to clients, only
 * the provider's own pieces do, so that the pieces change. A piece that holds text or arguments besides is left to the
 * filters of those.
 */
export class Thoughts {
  readonly #filterOf: () => TextFilter;
  readonly #replace: ReplaceThought;
  #filter: TextFilter;
  #last: Thought | null = null;
  /** The events so far of a piece that became several. */
  #gathered: ChatEvent[] = [];
  readonly #done = new WeakSet<ChatEvent>();

  constructor(filterOf: () => TextFilter, replace: ReplaceThought) {
    this.#filterOf = filterOf;
    this.#replace = replace;
    this.#filter = filterOf();
  }

  /** Whether an event that `take` returned needs no other filter. */
  isDone(event: ChatEvent): boolean {
    return this.#done.has(event);
  }

  /**
   * The events that come next. A thought that is held back whole is an empty one, without the provider's piece: an
   * encoder learns that one is missing.
   */
  take(event: ChatEvent): readonly ChatEvent[] {
    const { wire } = event;
    const broken = this.#gathered.length > 0 && this.#gathered[0]!.wire !== wire ? this.#release() : [];
    if (wire === undefined || wire.count < 2) return [...broken, ...this.#filtered([event])];
    this.#gathered.push(event);
    return this.#gathered.length < wire.count ? broken : [...broken, ...this.#release()];
  }

  /** What is still held back: the last piece, with that as its thought. */
  rest(): ChatEvent | null {
    const text = this.#filter.end();
    const last = this.#last;
    this.#filter = this.#filterOf();
    this.#last = null;
    return text === "" || last === null ? null : this.#with(last, text, 1);
  }

  #release(): readonly ChatEvent[] {
    const events = this.#gathered;
    this.#gathered = [];
    return this.#filtered(events);
  }

  #filtered(events: readonly ChatEvent[]): readonly ChatEvent[] {
    const thought = events.find(isThought);
    if (thought === undefined || thought.text === "" || events.some(isOther)) return [...this.#restBefore(events), ...events];
    const changed = this.#with(thought, this.#filter.push(thought.text), events.length);
    this.#last = thought;
    if (events.length === 1) return [changed.text === "" ? this.#marked({ type: "reasoning", text: "" }) : changed];
    return events.map((event) => (event === thought ? changed : this.#marked({ ...event, wire: changed.wire })));
  }

  /** The rest of a thought comes before what ends it. */
  #restBefore(events: readonly ChatEvent[]): readonly ChatEvent[] {
    const endsThought = events.some((event) => event.type !== "usage" && event.type !== "start" && !(event.type === "opaque" && event.kind === "aside"));
    const rest = endsThought ? this.rest() : null;
    return rest === null ? [] : [rest];
  }

  #with(thought: Thought, text: string, count: number): Thought {
    return this.#marked({ ...thought, text, wire: { ...thought.wire, data: this.#replace(thought.wire, thought.text, text), count } });
  }

  #marked<Event extends ChatEvent>(event: Event): Event {
    this.#done.add(event);
    return event;
  }
}

function isThought(event: ChatEvent): event is Thought {
  return event.type === "reasoning" && event.wire !== undefined;
}

function isOther({ type }: ChatEvent): boolean {
  return type !== "reasoning" && type !== "start";
}

import type { ChatEvent, ChatRequest } from "../../../kernel/chat.ts";
import { type Batches, transformEvents } from "../batches.ts";
import { Alignment, commonLength } from "./align.ts";

/** This much of the delivered text said again at the start of a continuation is no coincidence: the provider has begun anew. */
const REPEATED_UNITS_MIN = 16;

/** A leg that cannot follow on what was delivered. `head`: all of its events so far. */
export class Disagreement extends Error {
  override readonly name = "Disagreement";
  readonly head: readonly ChatEvent[];

  constructor(head: readonly ChatEvent[]) {
    super("The replayed answer differs from the delivered one");
    this.head = head;
  }
}

/**
 * The client's request with the start of its answer, for a deployment that goes on from there: what was delivered as the assistant's own
 * message, without the white space at its end (Anthropic's API refuses that), and as many tokens less as were delivered, but one at least: pieces are tokens only as far as anybody can tell. A start that the client
 * itself gave the answer becomes one message with it: servers go on from the last message only, and some refuse two of one role.
 */
export function continued(chat: ChatRequest, delivered: string, tokens: number): ChatRequest {
  const last = chat.messages.at(-1);
  const given = last?.role === "assistant" && last.toolCalls === undefined ? last.content : null;
  return {
    ...chat,
    messages: [...(given === null ? chat.messages : chat.messages.slice(0, -1)), { role: "assistant", content: `${given ?? ""}${delivered.trimEnd()}` }],
    maxTokens: chat.maxTokens === null ? null : Math.max(1, chat.maxTokens - tokens),
  };
}

/**
 * Only what is new in a continuation. White space that was delivered and not sent along comes once; and where the provider took no notice
 * of the prefix and began anew, the leg is a replay: what the client has is dropped. Throws `Disagreement` when it began anew and then
 * says something else. Usage, which some servers tell with every piece, is neither text nor its end.
 */
export function newInContinuation(batches: Batches, delivered: string): Batches {
  const seam = new Seam(delivered.slice(delivered.trimEnd().length));
  const repetition = new Repetition(delivered);
  return transformEvents(batches, (event, emit) => {
    const giveText = (text: string) => {
      if (text !== "") emit({ type: "text", text });
    };
    if (event.type === "usage") emit(event);
    else if (event.type === "start") repetition.head.push(event);
    else if (event.type === "text") {
      const text = repetition.take(event);
      giveText(repetition.found ? text : seam.take(text));
    } else {
      giveText(seam.take(repetition.end(event)));
      emit(event);
    }
  });
}

/** Whether a continuation says again what was delivered: held back until that is known, which for most takes its first piece. */
class Repetition {
  readonly head: ChatEvent[] = [];
  /** It said all of it again: a replay, of which `take` gives what comes after. */
  found = false;
  readonly #alignment: Alignment;
  #held = "";
  #decided: boolean;

  constructor(delivered: string) {
    this.#alignment = new Alignment(delivered);
    this.#decided = delivered.length < REPEATED_UNITS_MIN;
  }

  /** What of it is new. */
  take(event: ChatEvent & { type: "text" }): string {
    if (this.#decided) return event.text;
    this.head.push(event);
    this.#held += event.text;
    const aligned = this.#alignment.take(event.text);
    if (aligned.kind === "same") return "";
    this.#decided = true;
    this.found = aligned.kind === "passed";
    if (aligned.kind === "passed") return aligned.rest;
    if (aligned.common >= REPEATED_UNITS_MIN) throw new Disagreement(this.head);
    return this.#held;
  }

  /** The text is over: what was held back is new, or the beginning of another, shorter answer. */
  end(event: ChatEvent): string {
    if (this.#decided) return "";
    this.#decided = true;
    this.head.push(event);
    if (this.#held.length >= REPEATED_UNITS_MIN) throw new Disagreement(this.head);
    return this.#held;
  }
}

/** Only what is new in a replay. Throws `Disagreement` when it is another text, or ends before all that was delivered. */
export function newInReplay(batches: Batches, delivered: string): Batches {
  const replay = new Alignment(delivered);
  const head: ChatEvent[] = [];
  return transformEvents(batches, (event, emit) => {
    if (replay.passed || event.type === "usage") return emit(event);
    head.push(event);
    if (event.type === "start") return;
    const aligned = event.type === "text" ? replay.take(event.text) : null;
    if (aligned === null || aligned.kind === "differs") throw new Disagreement(head);
    if (aligned.kind === "passed" && aligned.rest !== "") emit({ type: "text", text: aligned.rest });
  });
}

/** White space between two legs: what was delivered of it is not delivered again. */
class Seam {
  #delivered: string;

  constructor(delivered: string) {
    this.#delivered = delivered;
  }

  take(text: string): string {
    const doubled = commonLength(text, this.#delivered);
    this.#delivered = doubled === text.length ? this.#delivered.slice(doubled) : "";
    return text.slice(doubled);
  }
}

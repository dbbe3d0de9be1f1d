import type { ChatEvent, ChatRequest } from "../../../kernel/chat.ts";
import { type Batches, transformEvents } from "../batches.ts";
import { Alignment, commonLength } from "./align.ts";

/** So much delivered text repeated at the start of a continuation is no coincidence: the provider has started over. */
const REPEATED_UNITS_MIN = 16;

/** A leg that cannot continue what was delivered. `head`: all of its events so far. */
export class Disagreement extends Error {
  override readonly name = "Disagreement";
  readonly head: readonly ChatEvent[];

  constructor(head: readonly ChatEvent[]) {
    super("The replayed answer differs from the delivered one");
    this.head = head;
  }
}

/**
 * The client's request with the delivered text as a closing assistant message, for a deployment that continues it:
 * without trailing white space (Anthropic's API refuses that), and with `max_tokens` reduced by the tokens delivered,
 * but at least 1, because events only approximate tokens. An assistant message that the client itself sent is merged
 * with it: servers continue the last message only, and some refuse two of one role.
 */
export function continued(chat: ChatRequest, delivered: string, tokens: number): ChatRequest {
  const last = chat.messages.at(-1);
  const given = last?.role === "assistant" && last.toolCalls === undefined ? last.content : null;
  const text = `${given ?? ""}${delivered.trimEnd()}`;
  return {
    ...chat,
    ...(chat.source !== undefined && { source: { ...chat.source, continued: { text, replacesLast: given !== null } } }),
    messages: [...(given === null ? chat.messages : chat.messages.slice(0, -1)), { role: "assistant", content: text }],
    maxTokens: chat.maxTokens === null ? null : Math.max(1, chat.maxTokens - tokens),
  };
}

/**
 * The new part of a continuation. White space that was delivered but not sent along is not repeated. Where the provider
 * ignored the prefix and started over, the leg is a replay, and what the client has is dropped. Throws `Disagreement`
 * when it started over and then differs. Usage, which some servers send with every piece, is neither text nor its end.
 * What the second leg thinks aloud is not delivered: the client has the thoughts of the first.
 */
export function newInContinuation(batches: Batches, delivered: string): Batches {
  const seam = new Seam(delivered.slice(delivered.trimEnd().length));
  const repetition = new Repetition(delivered);
  return transformEvents(batches, (event, emit) => {
    const giveText = (text: string) => {
      if (text !== "") emit({ type: "text", text });
    };
    if (event.type === "usage") emit(event);
    else if (event.type === "reasoning" || event.type === "opaque") return;
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

/**
 * Detects whether a continuation repeats what was delivered. Text is held back until that is known, mostly after its
 * first piece.
 */
class Repetition {
  readonly head: ChatEvent[] = [];
  /** All of it was repeated: a replay, of which `take` returns what comes after. */
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

  /** The text has ended: what was held back is new, or the beginning of another, shorter answer. */
  end(event: ChatEvent): string {
    if (this.#decided) return "";
    this.#decided = true;
    this.head.push(event);
    if (this.#held.length >= REPEATED_UNITS_MIN) throw new Disagreement(this.head);
    return this.#held;
  }
}

/** The new part of a replay. Throws `Disagreement` when it is another text, or ends before all that was delivered. */
export function newInReplay(batches: Batches, delivered: string): Batches {
  const replay = new Alignment(delivered);
  const head: ChatEvent[] = [];
  return transformEvents(batches, (event, emit) => {
    if (event.type === "reasoning" || event.type === "opaque") return;
    if (replay.passed || event.type === "usage") return emit(event);
    head.push(event);
    if (event.type === "start") return;
    const aligned = event.type === "text" ? replay.take(event.text) : null;
    if (aligned === null || aligned.kind === "differs") throw new Disagreement(head);
    if (aligned.kind === "passed" && aligned.rest !== "") emit({ type: "text", text: aligned.rest });
  });
}

/** White space between two legs that was delivered already is not delivered again. */
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

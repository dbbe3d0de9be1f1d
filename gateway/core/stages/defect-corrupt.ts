import { hashUnit } from "../../../kernel/hash.ts";
import { type Batches, transformEvents } from "../batches.ts";
import type { Call, Stage } from "../call.ts";
import type { Defect } from "./defect.ts";

/**
 * A stream's length is not known in advance, so the word is one of the first few, or of as many as the client asked
 * for.
 */
const WORDS_AHEAD = 16;

/** Alters one word of the delivered text and nothing else: the answer is still whole, well-formed and 200. */
export function corrupt(defect: Defect): Stage {
  return (next) => async (call) => {
    const reply = await next(call);
    if (reply.kind === "error" || !defect.hits(call)) return reply;
    return { ...reply, events: corrupted(reply.events, call, defect) };
  };
}

function corrupted(batches: Batches, call: Call, defect: Defect): Batches {
  const ahead = Math.max(1, Math.min(WORDS_AHEAD, call.chat.maxTokens ?? WORDS_AHEAD));
  const target = Math.floor(hashUnit("corrupt", call.requestId) * ahead);
  let seen = 0;
  return transformEvents(batches, (event, emit) => {
    if (event.type !== "text") return emit(event);
    const text = event.text.replace(/\S+/g, (word) => (seen++ === target ? altered(word) : word));
    if (text !== event.text) defect.applied(call);
    emit({ type: "text", text });
  });
}

/** Rotates letters by 13 places. A word without letters gains some. Never returns the same word. */
function altered(word: string): string {
  const turned = word.replace(/[a-z]/gi, (letter) => {
    const base = letter <= "Z" ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
  return turned === word ? `${word}lorem` : turned;
}

import type { ChatRequest } from "../../kernel/chat.ts";

/** The two latest questions that differ: what a provider could mix up with the one at hand. */
export class RecentQuestions {
  #latest: ChatRequest | null = null;
  #before: ChatRequest | null = null;

  /** Notes a request; gives the latest earlier one that asked something else, null before there is one. */
  add(request: ChatRequest): ChatRequest | null {
    const other = [this.#latest, this.#before].find((one) => one !== null && question(one) !== question(request)) ?? null;
    if (this.#latest === null || question(this.#latest) !== question(request)) this.#before = this.#latest;
    this.#latest = request;
    return other;
  }
}

/** The answer to another's question, as long as one's own. */
export function mixedUp(own: ChatRequest, other: ChatRequest): ChatRequest {
  return { ...own, messages: other.messages };
}

function question(request: ChatRequest): string {
  return request.messages.findLast(({ role }) => role === "user")?.content ?? "";
}

import type { ChatRequest } from "../../kernel/chat.ts";

/** The two latest different questions: one of them can be mixed up with the next request's. */
export class RecentQuestions {
  #latest: ChatRequest | null = null;
  #before: ChatRequest | null = null;

  /** Adds a request. Returns the latest earlier one with another question, or null. */
  add(request: ChatRequest): ChatRequest | null {
    const other = [this.#latest, this.#before].find((one) => one !== null && question(one) !== question(request)) ?? null;
    if (this.#latest === null || question(this.#latest) !== question(request)) this.#before = this.#latest;
    this.#latest = request;
    return other;
  }
}

/** `own` with the question of `other`: its answer has the length that `own` asked for. */
export function mixedUp(own: ChatRequest, other: ChatRequest): ChatRequest {
  return { ...own, messages: other.messages };
}

function question(request: ChatRequest): string {
  return request.messages.findLast(({ role }) => role === "user")?.content ?? "";
}

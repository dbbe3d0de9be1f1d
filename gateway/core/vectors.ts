import type { ChatEvent, ChatRequest } from "../../kernel/chat.ts";
import { ContractBreach } from "./contracts.ts";

/**
 * Checks that an answer's vectors are those that were requested: one for each input, each once, all of the requested
 * length. A missing vector, or one under a wrong index, would go to the wrong text without anybody noticing.
 */
export class VectorCheck {
  readonly #request: ChatRequest;
  readonly #seen = new Set<number>();
  #length: number | null;

  constructor(request: ChatRequest) {
    this.#request = request;
    this.#length = request.embedding?.dimensions ?? null;
  }

  /** Throws `ContractBreach`. */
  take({ index, vector }: Extract<ChatEvent, { type: "embedding" }>): void {
    if (this.#request.embedding === undefined) throw new ContractBreach("(root)", "an answer to a chat", "vectors");
    const isInput = Number.isInteger(index) && index >= 0 && index < this.#request.messages.length;
    if (!isInput || this.#seen.has(index)) throw new ContractBreach("index", "the number of an input, each once", isInput ? "one twice" : "another");
    this.#seen.add(index);
    this.#length ??= vector.length;
    if (vector.length === 0 || vector.length !== this.#length) throw new ContractBreach("embedding", `${this.#length} numbers`, String(vector.length));
  }

  /** Checks that all vectors arrived. Throws `ContractBreach`. */
  end(): void {
    const wanted = this.#request.messages.length;
    if (this.#seen.size < wanted) throw new ContractBreach("(root)", `${wanted} vectors`, String(this.#seen.size));
  }
}

import type { ChatEvent, JsonObject } from "../../kernel/chat.ts";
import { ContractBreach } from "../core/contracts.ts";
import { ArgumentsText } from "./arguments-text.ts";
import { parseExactObject } from "./json.ts";

/**
 * A piece of a tool call as a provider sends it. `key` tells the calls of one answer apart. Id and name need come only
 * once.
 */
export interface ToolCallPiece {
  readonly key: number;
  readonly id: string | null;
  readonly name: string | null;
  readonly text: string;
}

/**
 * Turns pieces of tool calls into events, with calls numbered from 0 in the order in which they begin. A call without
 * an id gets one made of the answer's id and the call's number: providers refuse a history, or confuse its results,
 * where two calls have the same id. Servers without indexes send a second call under the key of the first.
 */
export class ToolCallTracker {
  readonly #open = new Map<number, Call>();
  /** Calls whose name has not come: some servers send it behind the id or the arguments (vercel/ai issue 14722). */
  readonly #nameless = new Map<number, NamelessCall>();
  readonly #answerId: string;
  #count = 0;

  constructor(answerId = "") {
    this.#answerId = answerId;
  }

  get count(): number {
    return this.#count;
  }

  piece({ key, id, name, text }: ToolCallPiece): ChatEvent[] {
    const call = this.#open.get(key);
    if (call !== undefined && !beginsAnother(call, id, name, text)) return argumentEvents(call, text);
    const held = this.#nameless.get(key);
    const begun = { id: id || (held?.id ?? null), text: (held?.text ?? "") + text };
    if (name === null || name === "") {
      if (begun.id !== null || begun.text !== "") this.#nameless.set(key, begun);
      return [];
    }
    this.#nameless.delete(key);
    return [...this.close(key), ...this.#begin(key, name, begun)];
  }

  #begin(key: number, name: string, { id, text }: NamelessCall): ChatEvent[] {
    const index = this.#count++;
    const call: Call = { index, id: id || `call_${this.#answerId === "" ? "" : `${this.#answerId}_`}${index}`, name, text: new ArgumentsText() };
    this.#open.set(key, call);
    return [{ type: "tool_call", index, id: call.id, name }, ...argumentEvents(call, text)];
  }

  /** A call of a kind that is not read keeps its number. `id`: that of its first piece, null in later ones. */
  skip(id: string | null): readonly ChatEvent[] {
    if (id !== null) this.#count++;
    return [];
  }

  /** A call without arguments gets an empty object, because clients parse its arguments. */
  close(key: number): ChatEvent[] {
    const call = this.#open.get(key);
    if (call === undefined || !call.text.isEmpty) return [];
    call.text.append("{}");
    return [{ type: "tool_arguments", index: call.index, text: "{}" }];
  }

  /** The calls end. Throws `ContractBreach` where one has arguments and no name. */
  closeAll(): ChatEvent[] {
    if ([...this.#nameless.values()].some(({ text }) => text !== "")) throw new ContractBreach("tool_calls", "a call with a name", "arguments alone");
    return [...this.#open.keys()].flatMap((key) => this.close(key));
  }
}

interface NamelessCall {
  readonly id: string | null;
  readonly text: string;
}

interface Call {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** Its arguments so far. */
  readonly text: ArgumentsText;
}

function argumentEvents(call: Call, text: string): ChatEvent[] {
  if (text === "") return [];
  call.text.append(text);
  return [{ type: "tool_arguments", index: call.index, text }];
}

/**
 * Whether a piece under the key of a call belongs to another one: by its id, or, without id, by its name, or because
 * the arguments before it were whole.
 */
function beginsAnother(call: Call, id: string | null, name: string | null, text: string): boolean {
  if (name === null || name === "") return false;
  if (id !== null && id !== "") return id !== call.id;
  return name !== call.name || (text.trim() !== "" && call.text.isWhole);
}

/**
 * Arguments that are not a JSON object are passed on under a name of their own: a history with a broken call in it must
 * still be sent.
 */
export function argumentsObject(text: string): JsonObject {
  return text === "" ? {} : (parseExactObject(text) ?? { arguments: text });
}

import type { Clock } from "../../../kernel/seams.ts";
import { Cancelled, orAborted, type Signal } from "../../../kernel/signal.ts";
import { type Headers, type Transport, TransportError, type TransportRequest, type TransportResponse } from "../../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../../kernel/utf8.ts";
import type { Script, Step } from "./scripts.ts";

/** One attempt as the scripted provider received it. */
export interface Seen {
  readonly deployment: string;
  readonly atMs: number;
  readonly headers: Headers;
  readonly body: { readonly model: string; readonly stream: boolean; readonly max_tokens?: number; readonly messages: readonly { readonly role: string; readonly content: string }[] };
  /** The body as it was sent. */
  readonly text: string;
  /** The text of a closing assistant message: a prefix to continue; null: none. */
  readonly prefix: string | null;
  /** When the caller cancelled it, or closed its body early; null: never. */
  leftMs: number | null;
}

/** What a deployment does with its `ordinal`-th attempt (from 0) at `atMs`. */
export type Provider = (ordinal: number, seen: Seen) => Script;

/** An in-memory transport whose providers follow scripts; deployments are told apart by the host of the URL. */
export class ScriptedTransport implements Transport {
  readonly seen: Seen[] = [];
  readonly #counts = new Map<string, number>();
  readonly #clock: Clock;
  readonly #providers: Readonly<Record<string, Provider>>;

  constructor(clock: Clock, providers: Readonly<Record<string, Provider>>) {
    this.#clock = clock;
    this.#providers = providers;
  }

  at(deployment: string): readonly Seen[] {
    return this.seen.filter((seen) => seen.deployment === deployment);
  }

  async open(request: TransportRequest, signal: Signal): Promise<TransportResponse> {
    const deployment = /^http:\/\/([^/]+)\//.exec(request.url)?.[1] ?? "";
    const ordinal = this.#counts.get(deployment) ?? 0;
    this.#counts.set(deployment, ordinal + 1);
    const text = utf8Text(request.body);
    const body = JSON.parse(text) as Seen["body"];
    const seen: Seen = {
      deployment,
      atMs: this.#clock.nowMs(),
      headers: request.headers,
      leftMs: null,
      body,
      text,
      prefix: prefixIn(body),
    };
    this.seen.push(seen);
    const unsubscribe = signal.onAbort(() => (seen.leftMs ??= this.#clock.nowMs()));
    const script = this.#providers[deployment]!(ordinal, seen);
    try {
      for await (const _ of this.#play(script.before, signal));
    } catch (error) {
      unsubscribe();
      throw error;
    }
    return { status: script.status, headers: script.headers, body: this.#body(script, seen, signal, unsubscribe) };
  }

  async *#body(script: Script, seen: Seen, signal: Signal, unsubscribe: () => void): AsyncGenerator<Uint8Array> {
    let isOver = false;
    try {
      yield* this.#play(script.body, signal);
      isOver = true;
    } catch (error) {
      isOver = true;
      throw error;
    } finally {
      unsubscribe();
      if (!isOver) seen.leftMs ??= this.#clock.nowMs();
    }
  }

  async *#play(steps: readonly Step[], signal: Signal): AsyncGenerator<Uint8Array> {
    for (const step of steps) {
      if (step === "hang") await this.#cancellable(orAborted(new Promise<never>(() => {}), signal));
      else if ("waitMs" in step) await this.#cancellable(this.#clock.sleep(step.waitMs, signal));
      else if ("fail" in step) throw new TransportError(step.fail);
      else yield utf8Bytes(step.text);
    }
  }

  async #cancellable(waiting: Promise<void>): Promise<void> {
    try {
      await waiting;
    } catch (error) {
      throw error instanceof Cancelled ? new TransportError("aborted") : error;
    }
  }
}

/**
 * The text of a closing assistant message, in the messages of OpenAI and Anthropic or in Gemini's contents; null:
 * another role closes.
 */
export function prefixIn(body: object): string | null {
  const { messages, contents } = body as {
    messages?: readonly { readonly role: string; readonly content: string }[];
    contents?: readonly { readonly role: string; readonly parts: readonly { readonly text?: string }[] }[];
  };
  const message = messages?.at(-1);
  if (message?.role === "assistant") return message.content;
  const content = contents?.at(-1);
  return content?.role === "model" ? content.parts.map(({ text }) => text ?? "").join("") : null;
}

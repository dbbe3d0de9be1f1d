import { utf8Stream } from "../../kernel/utf8.ts";
import type { ChunkRun } from "./chunk-pattern.ts";

/** One event of a `text/event-stream`. `event` is "message" where the stream names none. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads whole events of a stream's text at once, from a place on where one begins. */
export interface RunReader {
  runAt(text: string, from: number): ChunkRun | null;
}

/**
 * Incremental parser of Server-Sent Events (WHATWG HTML, section 9.2.6). Chunks may be cut anywhere: inside a
 * character, between CR and LF, inside a field. Comments are counted; `id` and `retry` are skipped. More is accepted
 * than the standard asks for: a `data` line after a complete JSON object begins an event of its own (servers that send
 * no blank lines), `end` returns the event that has no blank line behind it (openai/openai-node issue 2725), a field
 * `error` is an event of that name (ggml-org/llama.cpp pull request 16109), and JSON without any field is data
 * (lemonade-sdk/lemonade issue 2826).
 */
export class SseParser {
  readonly #decoder = utf8Stream();
  /** What has come and is not read yet, from a place on. */
  #text = "";
  #at = 0;
  /** The unfinished line before it. */
  #rest = "";
  #afterCarriageReturn = false;
  #event = "";
  /** The lines of `data` so far, and the last of them. Null: none has come. */
  #data: string | null = null;
  #lastLine = "";
  /** The data began without a field, and goes on so. */
  #isBare = false;
  /** Comment lines so far: a server's way to keep a connection alive. */
  comments = 0;

  /** UTF-16 units held for an incomplete event. The caller bounds it. */
  get pending(): number {
    return this.#rest.length + (this.#data === null ? 0 : this.#data.length + 1);
  }

  /** Takes more bytes. Those before must have been read: `next` was null. */
  add(bytes: Uint8Array): void {
    this.#text = this.#withLineFeeds(this.#decoder.push(bytes));
    this.#at = 0;
  }

  /** The next event that the bytes so far complete; null: none. */
  next(): SseEvent | null {
    for (;;) {
      const end = this.#text.indexOf("\n", this.#at);
      if (end === -1) break;
      const line = this.#rest + this.#text.slice(this.#at, end);
      this.#rest = "";
      this.#at = end + 1;
      const event = this.#readLine(line);
      if (event !== null) return event;
    }
    this.#rest += this.#text.slice(this.#at);
    this.#text = "";
    this.#at = 0;
    return null;
  }

  /** The events that `reader` reads at once, from where the next one begins; null: none. */
  run(reader: RunReader): ChunkRun | null {
    if (this.#rest !== "" || this.#data !== null || this.#event !== "") return null;
    const run = reader.runAt(this.#text, this.#at);
    if (run !== null) this.#at += run.data.length;
    return run;
  }

  /**
   * The events that the stream's end leaves without a blank line. The last may be a part of one: the caller judges by
   * its content.
   */
  end(): SseEvent[] {
    const last = this.#rest + this.#decoder.end();
    this.#rest = "";
    const before = last === "" ? null : this.#readLine(last);
    return [before, this.#dispatch()].filter((event) => event !== null);
  }

  /** Normalises line ends to LF: CR LF may come in two pieces. */
  #withLineFeeds(text: string): string {
    const isSecondHalf = this.#afterCarriageReturn && text.startsWith("\n");
    if (text !== "") this.#afterCarriageReturn = text.endsWith("\r");
    const own = isSecondHalf ? text.slice(1) : text;
    return own.includes("\r") ? own.replace(/\r\n?/g, "\n") : own;
  }

  /** Reads one whole line. An empty line dispatches the event. */
  #readLine(line: string): SseEvent | null {
    if (line === "") return this.#dispatch();
    if (line.startsWith("data:")) return this.#readData(valueIn(line, "data:".length));
    if (this.#isBare || line.charCodeAt(0) === OPEN_BRACE) return this.#readBare(line);
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    if (field === "") this.comments++;
    if (field === "data") return this.#readData("");
    if (field === "event") this.#event = colon === -1 ? "" : valueIn(line, colon + 1);
    return field === "error" && colon !== -1 ? this.#readError(valueIn(line, colon + 1)) : null;
  }

  #readBare(line: string): SseEvent | null {
    const before = this.#readData(line);
    this.#isBare = true;
    return before;
  }

  #readError(value: string): SseEvent | null {
    const before = this.#readData(value);
    this.#event = "error";
    return before;
  }

  #readData(value: string): SseEvent | null {
    const before = this.#isComplete() ? this.#dispatch() : null;
    this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    this.#lastLine = value;
    return before;
  }

  /** Whether the data so far is a whole JSON object: none is the beginning of a longer one. */
  #isComplete(): boolean {
    return this.#data !== null && this.#lastLine.trimEnd().endsWith("}") && isJson(this.#data);
  }

  #dispatch(): SseEvent | null {
    const data = this.#data ?? "";
    const event = this.#event === "" ? "message" : this.#event;
    this.#data = null;
    this.#event = "";
    this.#isBare = false;
    return data === "" ? null : { event, data };
  }
}

/** One blank after the colon is no part of the value. */
function valueIn(line: string, start: number): string {
  return line.slice(line.charCodeAt(start) === BLANK ? start + 1 : start);
}

const BLANK = 0x20;
const OPEN_BRACE = 0x7b;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

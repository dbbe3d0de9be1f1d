import { utf8Stream } from "../../kernel/utf8.ts";

/** One event of a `text/event-stream`. `event` is "message" where the stream names none. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Incremental parser of Server-Sent Events (WHATWG HTML, section 9.2.6). Chunks may be cut anywhere: inside a
 * character, between CR and LF, inside a field. Comments are counted; `id` and `retry` are skipped. More is accepted than the
 * standard asks for: a `data` line after a complete JSON object begins an event of its own (servers that send no blank
 * lines), and `end` returns the event that has no blank line behind it (openai/openai-node issue 2725).
 */
export class SseParser {
  readonly #decoder = utf8Stream();
  /** The unfinished line. */
  #rest = "";
  #afterCarriageReturn = false;
  #event = "";
  /** The lines of `data` so far, and the last of them. Null: none has come. */
  #data: string | null = null;
  #lastLine = "";
  /** Comment lines so far: a server's way to keep a connection alive. */
  comments = 0;

  /** UTF-16 units held for an incomplete event. The caller bounds it. */
  get pending(): number {
    return this.#rest.length + (this.#data === null ? 0 : this.#data.length + 1);
  }

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): SseEvent[] {
    const events: SseEvent[] = [];
    for (const line of this.#lines(this.#decoder.push(bytes))) {
      const event = this.#readLine(line);
      if (event !== null) events.push(event);
    }
    return events;
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

  /** The lines that `text` completes. */
  #lines(text: string): string[] {
    const lines = this.#withLineFeeds(text).split("\n");
    lines[0] = this.#rest + lines[0]!;
    this.#rest = lines.pop()!;
    return lines;
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
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    if (field === "") this.comments++;
    if (field === "data") return this.#readData("");
    if (field === "event") this.#event = colon === -1 ? "" : valueIn(line, colon + 1);
    return null;
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
    return data === "" ? null : { event, data };
  }
}

/** One blank after the colon is no part of the value. */
function valueIn(line: string, start: number): string {
  return line.slice(line.charCodeAt(start) === BLANK ? start + 1 : start);
}

const BLANK = 0x20;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

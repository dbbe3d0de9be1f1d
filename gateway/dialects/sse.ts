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
  #data: string[] = [];
  /** UTF-16 units of the lines of `data`, their ends included. */
  #dataUnits = 0;
  /** Comment lines so far: a server's way to keep a connection alive. */
  comments = 0;

  /** UTF-16 units held for an incomplete event. The caller bounds it. */
  get pending(): number {
    return this.#rest.length + this.#dataUnits;
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
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    if (field === "") this.comments++;
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    const before = field === "data" && this.#isComplete() ? this.#dispatch() : null;
    if (field === "data") {
      /** Nearly all events have one line: a list that grows would have room for many. */
      if (this.#data.length === 0) this.#data = [value];
      else this.#data.push(value);
      this.#dataUnits += value.length + 1;
    }
    if (field === "event") this.#event = value;
    return before;
  }

  /** Whether the data so far is a whole JSON object: none is the beginning of a longer one. */
  #isComplete(): boolean {
    return this.#data.length > 0 && this.#data.at(-1)!.trimEnd().endsWith("}") && isJson(this.#data.join("\n"));
  }

  #dispatch(): SseEvent | null {
    const data = this.#data.length === 1 ? this.#data[0]! : this.#data.join("\n");
    const event = this.#event === "" ? "message" : this.#event;
    this.#data = [];
    this.#dataUnits = 0;
    this.#event = "";
    return data === "" ? null : { event, data };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

import { utf8Stream } from "../../kernel/utf8.ts";

/** One event of a `text/event-stream`. `event` is "message" where the stream names none. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Incremental parser of Server-Sent Events (WHATWG HTML, section 9.2.6). Chunks may be cut anywhere: inside a
 * character, between CR and LF, inside a field. Comments, `id` and `retry` are skipped. An event that the end of the
 * stream cuts off is never returned.
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
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") {
      this.#data.push(value);
      this.#dataUnits += value.length + 1;
    }
    if (field === "event") this.#event = value;
    return null;
  }

  #dispatch(): SseEvent | null {
    const data = this.#data.join("\n");
    const event = this.#event === "" ? "message" : this.#event;
    this.#data = [];
    this.#dataUnits = 0;
    this.#event = "";
    return data === "" ? null : { event, data };
  }
}

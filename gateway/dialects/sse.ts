import { utf8Stream } from "../../kernel/utf8.ts";

/** One event of a `text/event-stream`. `event` is "message" where the stream names none. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Incremental parser of Server-Sent Events (WHATWG HTML, section 9.2.6). Chunks may be cut anywhere: inside a character, between CR and
 * LF, inside a field. Comments, `id` and `retry` are skipped; an event that the end of the stream cuts off is never given.
 */
export class SseParser {
  readonly #decoder = utf8Stream();
  /** The unfinished line. */
  #rest = "";
  #afterCarriageReturn = false;
  #event = "";
  #data: string[] = [];

  /** UTF-16 units held back for an event that is not complete yet; a caller bounds it. */
  get pending(): number {
    let size = this.#rest.length;
    for (const line of this.#data) size += line.length;
    return size;
  }

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): SseEvent[] {
    const events: SseEvent[] = [];
    for (const line of this.#lines(this.#decoder.push(bytes))) {
      const event = this.#take(line);
      if (event !== null) events.push(event);
    }
    return events;
  }

  #lines(text: string): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let index = 0; index < text.length; index++) {
      const unit = text[index];
      const isSecondHalf = unit === "\n" && this.#afterCarriageReturn;
      this.#afterCarriageReturn = unit === "\r";
      if (isSecondHalf) {
        start = index + 1;
      } else if (unit === "\n" || unit === "\r") {
        lines.push(this.#rest + text.slice(start, index));
        this.#rest = "";
        start = index + 1;
      }
    }
    this.#rest += text.slice(start);
    return lines;
  }

  /** One whole line; an empty one dispatches what has gathered. */
  #take(line: string): SseEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") this.#data.push(value);
    if (field === "event") this.#event = value;
    return null;
  }

  #dispatch(): SseEvent | null {
    const data = this.#data.join("\n");
    const event = this.#event === "" ? "message" : this.#event;
    this.#data = [];
    this.#event = "";
    return data === "" ? null : { event, data };
  }
}

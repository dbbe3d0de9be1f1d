import { utf8Stream } from "../../../kernel/utf8.ts";

/** Characters of one event, longer than any that an LLM API sends. */
const eventCharsMax = 2 ** 20;

/**
 * Reads a stream of server-sent events from chunks that may cut it anywhere, a character or a CRLF included (WHATWG
 * HTML, 9.2.6). Returns each event's data. Comments, event names, ids and retry times mean nothing to a client of chat
 * completions.
 */
export class EventStreamReader {
  readonly #decoder = utf8Stream();
  #rest = "";
  #data: string[] = [];
  #dataChars = 0;
  #overlong = false;

  /** Whether an event was longer than 2^20 characters. Nothing after it is read. */
  get overlong(): boolean {
    return this.#overlong;
  }

  /**
   * The data of the events that `bytes` complete. An event without its blank line is never returned, because it may be
   * cut.
   */
  push(bytes: Uint8Array): readonly string[] {
    if (this.#overlong) return [];
    this.#rest += this.#decoder.push(bytes);
    const events: string[] = [];
    for (let line = this.#nextLine(); line !== null; line = this.#nextLine()) this.#take(line, events);
    this.#overlong = this.#rest.length + this.#dataChars > eventCharsMax;
    return events;
  }

  /** Up to CRLF, LF or CR. A CR at the very end waits: an LF may follow. */
  #nextLine(): string | null {
    const end = this.#rest.search(/\r\n|\n|\r(?!$)/);
    if (end < 0) return null;
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + (this.#rest.startsWith("\r\n", end) ? 2 : 1));
    return line;
  }

  #take(line: string, events: string[]): void {
    if (line === "") {
      if (this.#data.length > 0) events.push(this.#data.join("\n"));
      this.#data = [];
      this.#dataChars = 0;
    } else if (line.startsWith("data:")) this.#add(line.slice(line[5] === " " ? 6 : 5));
    else if (line === "data") this.#add("");
  }

  #add(data: string): void {
    this.#data.push(data);
    this.#dataChars += data.length + 1;
  }
}

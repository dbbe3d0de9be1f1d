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
    const text = this.#rest + this.#decoder.push(bytes);
    const endOf = text.includes("\r") ? anyLineEnd : plainLineEnd;
    const events: string[] = [];
    let from = 0;
    for (let end = endOf(text, from); end >= 0; end = endOf(text, from)) {
      this.#take(text.slice(from, end), events);
      from = end + (text.startsWith("\r\n", end) ? 2 : 1);
    }
    this.#rest = text.slice(from);
    this.#overlong = this.#rest.length + this.#dataChars > eventCharsMax;
    return events;
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

const plainLineEnd = (text: string, from: number): number => text.indexOf("\n", from);

const lineEnd = /\r\n|\n|\r(?!$)/g;

/** The next CRLF, LF or CR. A CR at the very end waits: an LF may follow. */
function anyLineEnd(text: string, from: number): number {
  lineEnd.lastIndex = from;
  return lineEnd.exec(text)?.index ?? -1;
}

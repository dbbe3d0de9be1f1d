import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { WireResponse } from "../../kernel/transport.ts";

/** At this length the text is written to the socket, even if more follows in the same turn. */
const burstLengthMax = 64 * 1024;

type Head = Pick<WireResponse, "status" | "headers">;

/**
 * Writes one response: its head, and chunks. All until `flush` or `end` is written to the socket at once, and HTTP's
 * framing keeps the chunks separate. Without a `content-length` the body is chunked.
 */
export class Burst {
  readonly #socket: Socket;
  readonly #framed: boolean;
  /** Bytes as latin1 characters, which are cheaper to join than buffers. */
  #text: string;

  constructor(socket: Socket, response: Head, keepAlive: boolean) {
    this.#socket = socket;
    this.#framed = response.headers["content-length"] === undefined;
    this.#text = headOf(response, keepAlive, this.#framed);
  }

  /** Returns false when the client reads too slowly: wait for `drain` before the next chunk. */
  write(chunk: Uint8Array): boolean {
    if (chunk.length > 0) this.#add(chunk);
    if (this.#text.length >= burstLengthMax) this.flush();
    return !this.#socket.writableNeedDrain;
  }

  /** Ends the message. */
  end(): void {
    if (this.#framed) this.#text += "0\r\n\r\n";
    this.flush();
  }

  flush(): void {
    if (this.#text === "" || this.#socket.destroyed) return;
    this.#socket.write(this.#text, "latin1");
    this.#text = "";
  }

  #add(chunk: Uint8Array): void {
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    this.#text += this.#framed ? `${chunk.length.toString(16)}\r\n${text}\r\n` : text;
  }
}

function headOf({ status, headers }: Head, keepAlive: boolean, framed: boolean): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (const name in headers) {
    const value = headers[name]!;
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new Error(`Cannot send header ${name}: it has a character that is not allowed in a header`);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}date: ${httpDate()}\r\n${keepAlive ? "connection: keep-alive\r\nkeep-alive: timeout=300\r\n" : "connection: close\r\n"}${framed ? "transfer-encoding: chunked\r\n" : ""}\r\n`;
}

let dateSecond = -1;
let dateText = "";

/** The current time in HTTP's format, formatted once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}

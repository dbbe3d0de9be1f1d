import type { Headers } from "../../kernel/transport.ts";

const headBytesMax = 64 * 1024;
export const bodyBytesMax = 10 * 2 ** 20;

/** One request of a connection. `body` is null when it was larger than `bodyBytesMax`, and was read and dropped. */
export interface ParsedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Buffer | null;
  /** Whether another request may follow on the connection. */
  readonly keepAlive: boolean;
}

/** The result of parsing the bytes so far. `continue`: the client waits for `100 Continue` before it sends the body. */
export type Parsed = ParsedRequest | "more" | "continue" | "malformed";

interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly keepAlive: boolean;
  /** Length of the body in bytes, or chunked. */
  readonly length: number | "chunked";
}

/**
 * Reads HTTP/1.1 requests off a connection's bytes (RFC 9112): heads, bodies by length or in chunks, one request after
 * another. Covers what a provider's clients send: trailers are ignored, and there are no upgrades. It takes a third of
 * node:http's time (docs/decisions/0037).
 */
export class RequestParser {
  #bytes: Buffer = Buffer.alloc(0);
  /** Position in `#bytes` of the next byte to read. */
  #at = 0;
  #head: Head | null = null;
  #chunks: Buffer[] = [];
  #bodyBytes = 0;
  #sentContinue = false;

  push(data: Buffer): void {
    this.#bytes = this.pending === 0 ? data : Buffer.concat([this.#bytes.subarray(this.#at), data]);
    this.#at = 0;
  }

  /** Bytes that are not parsed yet. */
  get pending(): number {
    return this.#bytes.length - this.#at;
  }

  next(): Parsed {
    if (this.pending === 0 && this.#head === null) return "more";
    if (this.#head === null) {
      const end = this.#bytes.indexOf("\r\n\r\n", this.#at, "latin1");
      if (end < 0) return this.pending > headBytesMax ? "malformed" : "more";
      const head = parseHead(this.#bytes.toString("latin1", this.#at, end));
      if (head === null) return "malformed";
      this.#at = end + 4;
      this.#head = head;
    }
    const { length, headers } = this.#head;
    const done = length === "chunked" ? this.#readChunks() : this.#readLength(length);
    if (done === "malformed") return done;
    if (done) return this.#take(this.#head);
    if (this.#sentContinue || headers["expect"]?.toLowerCase() !== "100-continue") return "more";
    this.#sentContinue = true;
    return "continue";
  }

  #take(head: Head): ParsedRequest {
    const { method, path, headers, keepAlive } = head;
    const body = this.#bodyBytes > bodyBytesMax ? null : this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#head = null;
    this.#chunks = [];
    this.#bodyBytes = 0;
    this.#sentContinue = false;
    return { method, path, headers, body, keepAlive };
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#bodyBytes += part.length;
    if (this.#bodyBytes <= bodyBytesMax) this.#chunks.push(part);
  }

  #readLength(length: number): boolean {
    const end = Math.min(this.#bytes.length, this.#at + length - this.#bodyBytes);
    this.#keep(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return this.#bodyBytes === length;
  }

  #readChunks(): boolean | "malformed" {
    const bytes = this.#bytes;
    for (;;) {
      const lineEnd = bytes.indexOf("\r\n", this.#at);
      if (lineEnd < 0) return this.pending > headBytesMax ? "malformed" : false;
      const size = /^([0-9a-f]{1,8})[ \t]*(;.*)?$/i.exec(bytes.toString("latin1", this.#at, lineEnd));
      if (size === null) return "malformed";
      const length = Number.parseInt(size[1]!, 16);
      const from = lineEnd + 2;
      if (length === 0) return this.#readTrailer(from);
      if (bytes.length < from + length + 2) return length > bodyBytesMax ? "malformed" : false;
      if (bytes.toString("latin1", from + length, from + length + 2) !== "\r\n") return "malformed";
      this.#keep(bytes.subarray(from, from + length));
      this.#at = from + length + 2;
    }
  }

  /** Reads and drops trailer lines up to the empty one. */
  #readTrailer(from: number): boolean {
    const empty = this.#bytes.toString("latin1", from, from + 2) === "\r\n";
    const end = empty ? from : this.#bytes.indexOf("\r\n\r\n", from);
    if (end < 0) return false;
    this.#at = end + (empty ? 2 : 4);
    return true;
  }
}

const requestLine = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/;

/** Null when it is not the head of a request, or the length of the body is unknown. */
function parseHead(text: string): Head | null {
  let lineEnd = endOfLine(text, 0);
  const line = requestLine.exec(text.slice(0, lineEnd));
  if (line === null) return null;
  const headers: Record<string, string> = {};
  while (lineEnd < text.length) {
    const from = lineEnd + 2;
    lineEnd = endOfLine(text, from);
    const colon = text.indexOf(":", from);
    if (colon <= from || colon >= lineEnd) return null;
    const name = lowerCase(text.slice(from, colon));
    const value = text.slice(colon + 1, lineEnd).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  const length = lengthOf(headers);
  if (length === null) return null;
  const connection = headers["connection"]?.toLowerCase() ?? "";
  const keepAlive = line[3] === "1" ? !connection.includes("close") : connection.includes("keep-alive");
  return { method: line[1]!, path: line[2]!, headers, keepAlive, length };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\r\n", from);
  return end < 0 ? text.length : end;
}

/** Cache of header names in lower case: clients repeat the same few. Bounded. */
const lowerCased = new Map<string, string>();
const lowerCasedMax = 1_000;

function lowerCase(name: string): string {
  const known = lowerCased.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (lowerCased.size < lowerCasedMax) lowerCased.set(name, lower);
  return lower;
}

function lengthOf(headers: Headers): Head["length"] | null {
  const coding = headers["transfer-encoding"];
  if (coding !== undefined) return coding.toLowerCase() === "chunked" && headers["content-length"] === undefined ? "chunked" : null;
  const length = headers["content-length"];
  if (length === undefined) return 0;
  return /^\d{1,15}$/.test(length) ? Number(length) : null;
}

import type { Headers } from "../../kernel/transport.ts";

const headBytesMax = 64 * 1024;
export const bodyBytesMax = 10 * 2 ** 20;

/** One request off a connection. `body` is null when it is larger than `bodyBytesMax`: it was read and dropped. */
export interface ParsedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Buffer | null;
  /** Whether the connection may carry another one after it. */
  readonly keepAlive: boolean;
}

/** What the bytes so far amount to. `continue`: the client waits for a word before it sends the body. */
export type Parsed = ParsedRequest | "more" | "continue" | "malformed";

interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly keepAlive: boolean;
  /** Bytes of the body; or it comes in chunks. */
  readonly length: number | "chunked";
}

/**
 * Reads HTTP/1.1 requests off a connection's bytes (RFC 9112): heads, bodies by length or in chunks, one request after another. Only as much
 * as a provider's clients send: no trailers that matter, no upgrades. Costs a third of node:http's, which is why it is here (docs/decisions/0037).
 */
export class RequestParser {
  #bytes: Buffer = Buffer.alloc(0);
  #head: Head | null = null;
  #chunks: Buffer[] = [];
  #bodyBytes = 0;
  #toldToContinue = false;

  push(data: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? data : Buffer.concat([this.#bytes, data]);
  }

  /** Bytes that have not been read. */
  get pending(): number {
    return this.#bytes.length;
  }

  next(): Parsed {
    if (this.#head === null) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end < 0) return this.#bytes.length > headBytesMax ? "malformed" : "more";
      const head = parseHead(this.#bytes.toString("latin1", 0, end));
      if (head === null) return "malformed";
      this.#bytes = this.#bytes.subarray(end + 4);
      this.#head = head;
    }
    const { length, headers } = this.#head;
    const done = length === "chunked" ? this.#readChunks() : this.#readLength(length);
    if (done === "malformed") return done;
    if (done) return this.#take(this.#head);
    if (this.#toldToContinue || headers["expect"]?.toLowerCase() !== "100-continue") return "more";
    this.#toldToContinue = true;
    return "continue";
  }

  #take(head: Head): ParsedRequest {
    const { method, path, headers, keepAlive } = head;
    const body = this.#bodyBytes > bodyBytesMax ? null : this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    this.#head = null;
    this.#chunks = [];
    this.#bodyBytes = 0;
    this.#toldToContinue = false;
    return { method, path, headers, body, keepAlive };
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#bodyBytes += part.length;
    if (this.#bodyBytes <= bodyBytesMax) this.#chunks.push(part);
  }

  #readLength(length: number): boolean {
    const part = this.#bytes.subarray(0, length - this.#bodyBytes);
    this.#bytes = this.#bytes.subarray(part.length);
    this.#keep(part);
    return this.#bodyBytes === length;
  }

  #readChunks(): boolean | "malformed" {
    for (;;) {
      const lineEnd = this.#bytes.indexOf("\r\n");
      if (lineEnd < 0) return this.#bytes.length > headBytesMax ? "malformed" : false;
      const size = /^([0-9a-f]{1,8})[ \t]*(;.*)?$/i.exec(this.#bytes.toString("latin1", 0, lineEnd));
      if (size === null) return "malformed";
      const length = Number.parseInt(size[1]!, 16);
      if (length === 0) return this.#readTrailer(lineEnd + 2);
      const from = lineEnd + 2;
      if (this.#bytes.length < from + length + 2) return length > bodyBytesMax ? "malformed" : false;
      if (this.#bytes.toString("latin1", from + length, from + length + 2) !== "\r\n") return "malformed";
      this.#keep(this.#bytes.subarray(from, from + length));
      this.#bytes = this.#bytes.subarray(from + length + 2);
    }
  }

  /** Trailer lines are read and dropped, up to the empty one. */
  #readTrailer(from: number): boolean {
    const empty = this.#bytes.subarray(from, from + 2).toString("latin1") === "\r\n";
    const end = empty ? from : this.#bytes.indexOf("\r\n\r\n", from);
    if (end < 0) return false;
    this.#bytes = this.#bytes.subarray(end + (empty ? 2 : 4));
    return true;
  }
}

const requestLine = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/;

/** Null for what is no request's head, or does not say how long its body is. */
function parseHead(text: string): Head | null {
  const lines = text.split("\r\n");
  const line = requestLine.exec(lines[0]!);
  if (line === null) return null;
  const headers: Record<string, string> = {};
  for (let index = 1; index < lines.length; index++) {
    const colon = lines[index]!.indexOf(":");
    if (colon < 1) return null;
    const name = lines[index]!.slice(0, colon).toLowerCase();
    const value = lines[index]!.slice(colon + 1).trim();
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  const length = lengthOf(headers);
  if (length === null) return null;
  const connection = headers["connection"]?.toLowerCase() ?? "";
  const keepAlive = line[3] === "1" ? !connection.includes("close") : connection.includes("keep-alive");
  return { method: line[1]!, path: line[2]!, headers, keepAlive, length };
}

function lengthOf(headers: Headers): Head["length"] | null {
  const coding = headers["transfer-encoding"];
  if (coding !== undefined) return coding.toLowerCase() === "chunked" && headers["content-length"] === undefined ? "chunked" : null;
  const length = headers["content-length"];
  if (length === undefined) return 0;
  return /^\d{1,15}$/.test(length) ? Number(length) : null;
}

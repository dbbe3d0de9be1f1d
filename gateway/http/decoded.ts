import { Readable, pipeline } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { bodyOf, TransportError, type Headers, type TransportResponse } from "../../kernel/transport.ts";

type Decoder = () => NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>;

const decoders: Readonly<Record<string, Decoder>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * The answer without its content encoding. None is asked for, and servers and proxies that encode all the same are
 * read. An encoding that is not known stays, with its header.
 */
export function decoded(response: TransportResponse): TransportResponse {
  const decoder = decoderOf(response.headers);
  return decoder === null ? response : { ...response, headers: withoutEncoding(response.headers), body: decodedBody(response.body, decoder()) };
}

/**
 * The body of a request without its content encoding, at most `bytesMax`. Codex compresses long requests, and cannot
 * always be told not to. Null: it has none, or one that is not known. Throws `TransportError` for one that cannot be
 * decoded, and `RangeError` for one that is longer: a few kilobytes may stand for gigabytes.
 */
export async function decodedRequest(headers: Headers, body: Uint8Array, bytesMax: number): Promise<{ headers: Headers; body: Uint8Array } | null> {
  const decoder = decoderOf(headers);
  if (decoder === null) return null;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of decodedBody(bodyOf(body), decoder())) {
    length += part.length;
    if (length > bytesMax) throw new RangeError("The decoded body is too large");
    parts.push(part);
  }
  return { headers: withoutEncoding(headers), body: Buffer.concat(parts, length) };
}

function decoderOf(headers: Headers): Decoder | null {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "";
  return Object.hasOwn(decoders, encoding) ? decoders[encoding]! : null;
}

function withoutEncoding({ "content-encoding": _encoding, "content-length": _length, ...headers }: Headers): Headers {
  return headers;
}

async function* decodedBody(body: AsyncIterable<Uint8Array>, decoder: NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  /** Its error comes to whoever reads the decoder. */
  pipeline(Readable.from(body), decoder, () => {});
  try {
    yield* decoder;
  } catch (error) {
    throw error instanceof TransportError ? error : new TransportError("closed_early", `the encoded body cannot be read: ${(error as Error).message}`);
  }
}

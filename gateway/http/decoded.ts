import { Readable, pipeline } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { TransportError, type Headers, type TransportResponse } from "../../kernel/transport.ts";

const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>>> = {
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
  const encoding = response.headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (!Object.hasOwn(decoders, encoding)) return response;
  return { ...response, headers: withoutEncoding(response.headers), body: decodedBody(response.body, decoders[encoding]!()) };
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

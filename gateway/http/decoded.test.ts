import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { bodyOf, TransportError } from "../../kernel/transport.ts";
import { decoded } from "./decoded.ts";

const text = "words ".repeat(5_000);

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}

const response = (encoding: string, ...parts: readonly Uint8Array[]) => ({ status: 200, headers: { "content-encoding": encoding, "content-length": "9", "x-a": "b" }, body: bodyOf(...parts) });

test.each([
  ["gzip", gzipSync],
  ["X-GZIP", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
] as const)("decoded: %s is undone, in whatever pieces it comes", async (encoding, encode) => {
  const bytes = encode(Buffer.from(text));
  const { headers, body } = decoded(response(encoding, ...Array.from(bytes, (byte) => Uint8Array.of(byte))));
  expect(headers).toEqual({ "x-a": "b" });
  expect(await read(body)).toBe(text);
});

test.each(["identity", "compress", "gzip, br", ""])("decoded: %j is left alone, with its header", async (encoding) => {
  const answer = response(encoding, Buffer.from(text));
  expect(decoded(answer)).toBe(answer);
});

test("decoded: what is cut off or not encoded is closed early, and a broken connection stays what it was", async () => {
  const bytes = gzipSync(Buffer.from(text));
  await expect(read(decoded(response("gzip", bytes.subarray(0, -9))).body)).rejects.toMatchObject({ kind: "closed_early" });
  await expect(read(decoded(response("gzip", Buffer.from("plain"))).body)).rejects.toMatchObject({ kind: "closed_early" });
  const broken = (async function* () {
    yield bytes.subarray(0, 20);
    throw new TransportError("reset");
  })();
  await expect(read(decoded({ ...response("gzip"), body: broken }).body)).rejects.toMatchObject({ kind: "reset" });
});

test("decoded: a piece is passed on before the next has come, and a reader that leaves ends the source", async () => {
  let isEnded = false;
  const source = (async function* () {
    try {
      const { promise } = Promise.withResolvers<never>();
      yield gzipSync(Buffer.from("first"));
      await promise;
    } finally {
      isEnded = true;
    }
  })();
  const ending = { [Symbol.asyncIterator]: () => ({ next: () => source.next(), return: async () => ((isEnded = true), { done: true as const, value: undefined }) }) };
  for await (const part of decoded({ ...response("gzip"), body: ending }).body) {
    expect(Buffer.from(part).toString()).toBe("first");
    break;
  }
  await expect.poll(() => isEnded).toBe(true);
});

import { expect, test } from "vitest";
import { BodyTooLong, readBody } from "./bounded-body.ts";

async function* body(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(1_000);
}

test("readBody: the text of all chunks, a character cut in two among them; nothing for no body", async () => {
  const bytes = Buffer.from("añb");
  expect(await readBody(body(bytes.subarray(0, 2), bytes.subarray(2)), 4)).toBe("añb");
  expect(await readBody(null, 4)).toBe("");
});

test("readBody: a body that never ends is given up at the limit, and its source is closed", async () => {
  const source = endless();
  await expect(readBody(source, 4_000)).rejects.toThrow(BodyTooLong);
  expect(await source.next()).toEqual({ done: true, value: undefined });
});

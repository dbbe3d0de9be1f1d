import { utf8Stream } from "./utf8.ts";

/** A body went on after the most that is read of one. */
export class BodyTooLong extends Error {
  override readonly name = "BodyTooLong";
}

/**
 * A body as text. Rejects with `BodyTooLong` once it is longer than `bytesMax`: what answers is under test, and may
 * never end.
 */
export async function readBody(body: AsyncIterable<Uint8Array> | null, bytesMax: number): Promise<string> {
  const decoder = utf8Stream();
  let text = "";
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new BodyTooLong(`the answer is longer than ${bytesMax} bytes`);
    text += decoder.push(chunk);
  }
  return text + decoder.end();
}

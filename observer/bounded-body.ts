export class BodyTooLong extends Error {
  override readonly name = "BodyTooLong";
}

/** A response's body as text. Rejects with `BodyTooLong` once it is longer than `bytesMax`: what answers is under test, and may never end. */
export async function readBody(response: Response, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > bytesMax) throw new BodyTooLong(`the answer is longer than ${bytesMax} bytes`);
    text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  return text + decoder.decode();
}

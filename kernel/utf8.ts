/**
 * UTF-8 for the pure folders. The codecs of the platform are deterministic and the same everywhere, but the ES library does not declare
 * them; these are the two names, and nothing else of the web, that the cores may use.
 */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: "utf-8",
  options?: { fatal?: boolean; ignoreBOM?: boolean },
) => { decode(bytes?: Uint8Array, options?: { stream?: boolean }): string };

const encoder = new TextEncoder();

/** Text to UTF-8 bytes. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** UTF-8 bytes to text; invalid sequences become U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return new TextDecoder("utf-8").decode(bytes);
}

/** A decoder for chunks that may cut a character in two. Call `end` once for what is left. */
export function utf8Stream(): { push(bytes: Uint8Array): string; end(): string } {
  const decoder = new TextDecoder("utf-8");
  return { push: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}

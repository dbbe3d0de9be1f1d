import { settled } from "./work.ts";

/**
 * The parts of a body: bytes to send, or a promise to wait for. A promise that rejects ends the body, as a reader that
 * stops does.
 */
export type Parts = Generator<Uint8Array | Promise<unknown>, void, void>;

/**
 * A simulator's body. Any reader can read bytes. The HTTP server reads `parts`, so that only a real wait costs a
 * promise. May be read once.
 */
export class Body implements AsyncIterable<Uint8Array> {
  readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (const part of this.parts) {
      if (part instanceof Uint8Array) yield part;
      else await part;
    }
  }
}

/** A body whose bytes are all known. */
export function wholeBody(bytes: Uint8Array): Body {
  return new Body(one(bytes));
}

function* one(bytes: Uint8Array): Parts {
  if (bytes.length > 0) yield bytes;
}

/** The parts of any body. */
export function partsOf(body: AsyncIterable<Uint8Array>): Parts {
  return body instanceof Body ? body.parts : chunksOf(body);
}

function* chunksOf(body: AsyncIterable<Uint8Array>): Parts {
  const chunks = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = yield* settled(chunks.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    void chunks.return?.();
  }
}

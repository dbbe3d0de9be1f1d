import { utf8Bytes } from "./utf8.ts";

/** A complete body as text: one chunk for readers of a body, and one write for a rim that can send text. */
export class WholeBody implements AsyncIterable<Uint8Array> {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.text !== "") yield utf8Bytes(this.text);
  }
}

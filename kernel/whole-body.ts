import { utf8Bytes } from "./utf8.ts";

/** A body that is here already, as text: one chunk to whoever reads it as a body, and in one piece to a rim that can send text. */
export class WholeBody implements AsyncIterable<Uint8Array> {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.text !== "") yield utf8Bytes(this.text);
  }
}

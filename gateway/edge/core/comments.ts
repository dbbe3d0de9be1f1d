const lineFeed = 10;
const carriageReturn = 13;
const colon = 58;
/** A stream that has sent so much without an event is passed on. */
const heldBytesMax = 65_536;

/**
 * Tells comments of an event stream from events. A comment is a line that begins with a colon: servers send them so
 * that the connection is not taken for dead (WHATWG HTML, 9.2.6). They are no content: a request whose replica has sent
 * nothing else can still go elsewhere.
 */
export class CommentScan {
  #isInComment = false;
  #bytes = 0;

  /** Whether the stream, up to this chunk, has more than comments and empty lines. */
  hasContent(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    return this.#bytes > heldBytesMax || chunk.some((byte) => this.#isContent(byte));
  }

  #isContent(byte: number): boolean {
    const endsLine = byte === lineFeed || byte === carriageReturn;
    if (this.#isInComment || endsLine) {
      this.#isInComment &&= !endsLine;
      return false;
    }
    this.#isInComment = byte === colon;
    return !this.#isInComment;
  }
}

/** Changes a text that comes in pieces, wherever it is cut: what may still become part of a match is held back. */
export interface TextFilter {
  push(text: string): string;
  /** What is still held back, at the end. */
  end(): string;
}

/** What is read or written without a pause, in characters. */
export const PIECE = 32 * 1024;

/** The text in parts that are read without a pause. No character is cut in two. */
export function* piecesOf(text: string, characters = PIECE): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = characterEnd(text, start + characters);
    yield text.slice(start, end);
    start = end;
  }
}

/** A string as JSON, in parts that are written without a pause. */
export function* jsonStringPieces(text: string, characters = PIECE): Generator<string> {
  yield '"';
  for (const piece of piecesOf(text, characters)) yield JSON.stringify(piece).slice(1, -1);
  yield '"';
}

/** `at`, or behind the character of which it is the middle. */
export function characterEnd(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}

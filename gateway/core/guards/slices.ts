import { characterEnd } from "../pieces.ts";

/**
 * A long text is read in slices, with a pause after each in which other requests are served: one prompt of 4 MB must
 * not stall the process (BerriAI/litellm pull request 31497).
 */
export const SLICE_CHARACTERS = 32_768;

/** How far a cut may move to a better place. */
const SEARCH_CHARACTERS = 1_024;

const LOOK_BEHIND_CHARACTERS = 8;

/** Between two letters, and not within an escape of JSON. */
const withinWord = /(?<![\\][a-zA-Z\d]{0,7})[a-zA-Z](?=[a-zA-Z])/g;

/**
 * The text in parts of about `characters`, cut within plain words where there are any, so that each part reads as it
 * does in the whole.
 */
export function* partsOf(text: string, characters = SLICE_CHARACTERS): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = cutAfter(text, start + characters);
    yield text.slice(start, end);
    start = end;
  }
}

function cutAfter(text: string, at: number): number {
  if (at >= text.length) return text.length;
  withinWord.lastIndex = LOOK_BEHIND_CHARACTERS;
  const from = at - LOOK_BEHIND_CHARACTERS;
  const found = withinWord.exec(text.slice(from, at + SEARCH_CHARACTERS));
  return characterEnd(text, found === null ? at : from + found.index + 1);
}

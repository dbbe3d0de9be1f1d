import { decodeWord, wordCheck } from "../../../kernel/mark.ts";
import type { ExpectedMark } from "./trials.ts";

/** What an answer is, by its mark alone. */
export type AnswerKind = "whole" | "truncated" | "wrong";

const words = /z[qx][a-p]{56}|(?<![a-z])y[a-p]{8}(?![a-z])/g;

/**
 * The words of a simulator stand unbroken in its bytes, whatever the dialect. What comes after the close is the same
 * again: some formats repeat it.
 */
export function answerKind(body: string, expected: ExpectedMark): AnswerKind {
  let closed = false;
  let right = true;
  let next = 1;
  for (const [text] of body.matchAll(words)) {
    const word = decodeWord(text);
    if (word === null) right = false;
    else if (word.kind === "word") {
      right &&= word.index === next && word.check === wordCheck(expected.digest, word.index);
      next++;
    } else {
      right &&= word.mark.digest === expected.digest && word.mark.deployment === expected.deployment && word.mark.model === expected.model;
      closed ||= word.kind === "close";
    }
    if (closed) break;
  }
  if (!closed) return "truncated";
  return right ? "whole" : "wrong";
}

/** Whether the first word of an answer has come. */
export function hasBegun(body: string): boolean {
  return /zq[a-p]{56}/.test(body);
}

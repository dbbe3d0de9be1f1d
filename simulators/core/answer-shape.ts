import type { Usage } from "../../kernel/chat.ts";
import type { Answer } from "./answer.ts";
import type { AnswerShape } from "./contracts.ts";

/**
 * The pieces of an answer in the form that was asked for: the words inside JSON text, the text alone where no field can carry them, none for
 * vectors. What parts two words stays in front of the second.
 */
export function shapedPieces(pieces: readonly string[], shape: AnswerShape): readonly string[] {
  if (shape.kind === "text") return pieces;
  if (shape.kind === "embedding") return [];
  if (!shape.marked) return [shape.before];
  const last = pieces.length - 1;
  return pieces.map((piece, index) => (index === 0 ? shape.before : "") + piece + (index === last ? shape.after : ""));
}

/** What the wire record may say of an answer's origin: an answer that carries no mark has no digest. */
export function shapedDigest(answer: Answer, shape: AnswerShape): string | null {
  return shape.kind === "text" || (shape.kind !== "embedding" && shape.marked) ? answer.digest : null;
}

/** Counts that are ten times the truth (effect `wrong_usage`). */
export function wrongUsage(usage: Usage): Usage {
  return { ...usage, inputTokens: usage.inputTokens * 10, outputTokens: usage.outputTokens * 10 };
}

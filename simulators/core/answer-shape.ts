import type { Usage } from "../../kernel/chat.ts";
import type { Answer } from "./answer.ts";
import type { AnswerShape } from "./contracts.ts";

/**
 * The pieces of an answer in the requested form: the words inside JSON text, the JSON text alone where no field can
 * hold them, none for vectors. The space between two words stays at the start of the second.
 */
export function shapedPieces(pieces: readonly string[], shape: AnswerShape): readonly string[] {
  if (shape.kind === "text") return pieces;
  if (shape.kind === "embedding") return [];
  if (!shape.marked) return [shape.before];
  const last = pieces.length - 1;
  return pieces.map((piece, index) => (index === 0 ? shape.before : "") + piece + (index === last ? shape.after : ""));
}

/** The digest for the wire record. Null for an answer without a mark. */
export function shapedDigest(answer: Answer, shape: AnswerShape): string | null {
  return shape.kind === "text" || (shape.kind !== "embedding" && shape.marked) ? answer.digest : null;
}

/** Usage of ten times the true counts (effect `wrong_usage`). */
export function wrongUsage(usage: Usage): Usage {
  return { ...usage, inputTokens: usage.inputTokens * 10, outputTokens: usage.outputTokens * 10 };
}

import { isCollection, Lexer, visit, type Document } from "yaml";

/**
 * What a scenario or a stack may be, so that a file from somebody else is refused before it can exhaust the machine.
 * The library that reads YAML calls itself once a level, compares each key with all before it, and follows aliases of
 * aliases, a few of which name more nodes than a machine holds. Files of the lab have up to some thousand tokens, six
 * levels and no alias.
 */
const tokensMax = 50_000;
const depthMax = 64;
const aliasesMax = 100;
/** Values that the aliases name, those of aliases of aliases counted each time. */
export const aliasedMax = 1_000;

export const tooManyAliased = "Its aliases name more values than a file may hold: write the values out";
const tooDeep = `Is nested more than ${depthMax} levels deep`;

/** Something too large in a file: where, counted in characters, and what. */
export interface Excess {
  readonly offset: number;
  readonly message: string;
}

/**
 * Of the lexer's tokens, those that stand for no character: begin of a document, end of a flow, a scalar that follows.
 */
const marks = { document: "\x02", flowEnd: "\x18", scalar: "\x1f" } as const;
const widthless: readonly string[] = Object.values(marks);

/** Before the text is parsed: tokens, aliases, and levels that need no indentation. */
export function excessOf(text: string): Excess | null {
  let offset = 0;
  let tokens = 0;
  let flowDepth = 0;
  let dashes = 0;
  let aliases = 0;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    if (++tokens > tokensMax) return { offset, message: `Has more than ${tokensMax} tokens: no file of this kind needs so many` };
    if (!isScalar) {
      if (token === "[" || token === "{") flowDepth++;
      else if (token === "]" || token === "}") flowDepth--;
      else if (token === "-" || token === "?") dashes++;
      else if (token.startsWith("*")) aliases++;
      else if (/^\r?\n/.test(token)) dashes = 0;
      if (flowDepth > depthMax || dashes > depthMax) return { offset, message: tooDeep };
      if (aliases > aliasesMax) return { offset, message: `Uses more than ${aliasesMax} aliases: write the values out` };
    }
    isScalar = token === marks.scalar;
    if (!widthless.includes(token)) offset += token.length;
  }
  return null;
}

/** The first collection of a parsed document that lies too deep. */
export function depthExcessOf(document: Document): Excess | null {
  let excess: Excess | null = null;
  visit(document, {
    Collection: (_, node, above) => {
      if (above.filter(isCollection).length < depthMax) return undefined;
      excess = { offset: node.range?.[0] ?? 0, message: tooDeep };
      return visit.BREAK;
    },
  });
  return excess;
}

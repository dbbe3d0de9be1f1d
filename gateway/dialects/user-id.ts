import { hash64, toLetters } from "../../kernel/hash.ts";

/** OpenAI refuses longer ids; Claude Code's has some 150 characters (maximhq/bifrost pull request 1000). */
const OPENAI_ID_LENGTH_MAX = 64;

/** `Metadata.user_id` of Anthropic's package. */
const ANTHROPIC_ID_LENGTH_MAX = 256;

/** The API refuses the address or the number of a person (BerriAI/litellm issue 10106). */
const personal = /@|^\+?[\d\s().-]{7,}$/;

/** A user's id as OpenAI accepts it. */
export function openaiUser(id: string): string {
  return id.length <= OPENAI_ID_LENGTH_MAX ? id : standIn(id);
}

/** A user's id as Anthropic accepts it. */
export function anthropicUser(id: string): string {
  return id.length <= ANTHROPIC_ID_LENGTH_MAX && !personal.test(id) ? id : standIn(id);
}

/** The same for each request of the user. Both providers ask for a hash. */
function standIn(id: string): string {
  const [high, low] = hash64(id);
  return `user_${toLetters(high, 8)}${toLetters(low, 8)}`;
}

import type { ChatRequest } from "../../kernel/chat.ts";

/** Names of functions as Anthropic accepts them. Compatible servers accept others (`mcp.server/look:1`). */
export const plainNames = /^[a-zA-Z0-9_-]{1,128}$/;

/** As OpenAI accepts them (BerriAI/litellm issue 17904). */
export const shortNames = /^[a-zA-Z0-9_-]{1,64}$/;

/** As Gemini accepts them. */
export const dottedNames = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;

/** What a format lacks for the names of a request's functions. */
export function lackingOfNames({ tools = [] }: ChatRequest, accepted: RegExp): readonly [name: string, isAsked: boolean] {
  return ["tools[].name", tools.some(({ name }) => !accepted.test(name))];
}

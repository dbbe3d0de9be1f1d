import type { PromptReference } from "../../kernel/chat.ts";
import { Fields, invalid } from "./fields.ts";

/**
 * `prompt` in the form of OpenAI's Responses API: `{"id", "version", "variables"}`. Variables are text here. Null:
 * absent. Throws `BadRequest`.
 */
export function promptReferenceOf(fields: Fields): PromptReference | null {
  const given = fields.object("prompt");
  if (given === null) return null;
  /** Prompts are the gateway's own: no provider knows a field of theirs. */
  const prompt = new Fields(given.json, () => fields.at("prompt"));
  prompt.only(new Set(["id", "version", "variables"]));
  const version = prompt.string("version");
  const variables = prompt.object("variables")?.json ?? {};
  const wrong = Object.entries(variables).find(([, value]) => typeof value !== "string");
  if (wrong !== undefined) throw invalid(`${prompt.at("variables")}.${wrong[0].slice(0, 80)}`, "a string");
  return { id: prompt.requiredString("id"), ...(version !== null && { version }), variables: variables as Readonly<Record<string, string>> };
}

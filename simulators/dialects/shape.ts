import type { Json, JsonObject } from "../../kernel/chat.ts";
import type { AnswerShape } from "../core/contracts.ts";
import { asObject } from "./json.ts";
import { frameOf } from "./schema-frame.ts";

/** The form of the answer that a request asks for, in provider-neutral terms. */
export interface Asked {
  readonly tools: readonly { readonly name: string; readonly schema: JsonObject | null }[];
  /** `named`: this tool; `required`: any. */
  readonly choice: { readonly mode: "auto" | "none" | "required" } | { readonly mode: "named"; readonly name: string };
  /** The last message is a tool's result. */
  readonly afterResult: boolean;
  /** JSON that fits a schema (null: any object); undefined: text. */
  readonly json?: JsonObject | null;
}

/**
 * The form of the answer. A real model decides whether to call an allowed tool. The simulator calls the first one
 * whenever the last message is not a tool's result, so that a conversation with tools is request, call, result, words.
 */
export function shapeOf(asked: Asked): AnswerShape {
  const tool = toolOf(asked);
  if (tool !== undefined) return { kind: "tool", name: tool.name, ...frameOf(tool.schema) };
  return asked.json === undefined ? { kind: "text" } : { kind: "json", ...frameOf(asked.json) };
}

function toolOf({ tools, choice, afterResult }: Asked): Asked["tools"][number] | undefined {
  if (choice.mode === "none" || (choice.mode === "auto" && afterResult)) return undefined;
  return choice.mode === "named" ? tools.find((tool) => tool.name === choice.name) : tools[0];
}

/** The objects of a list. Empty for anything else. */
export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).map(asObject).filter((one) => one !== null);
}

/** Tools with their name and schema in these two fields. */
export function toolsOf(list: readonly JsonObject[], nameField: string, schemaField: string): Asked["tools"] {
  return list.flatMap((tool) => {
    const name = tool[nameField];
    return typeof name === "string" && name !== "" ? [{ name, schema: asObject(tool[schemaField]) }] : [];
  });
}

/** The mode for a provider's value. `auto` for an unknown one. */
export function choiceOf(word: Json | undefined, words: { readonly none: string; readonly required: string }): { mode: "auto" | "none" | "required" } {
  return { mode: word === words.none ? "none" : word === words.required ? "required" : "auto" };
}

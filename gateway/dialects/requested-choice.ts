import type { Json, JsonObject } from "../../kernel/chat.ts";
import { asArray, asNumber, asObject } from "./json.ts";

/**
 * The requested answer among `choices` or `candidates`, in whatever order they come: text of another would be mixed
 * into it. It has index 0. Where none has an index, it is the first. Null: it is not there.
 */
export function requestedChoice(choices: Json | undefined): JsonObject | null {
  const list = asArray(choices) ?? [];
  const first = asObject(list[0]);
  if (first === null || isRequested(first)) return first;
  return list.map((choice) => asObject(choice)).find((choice) => choice !== null && isRequested(choice)) ?? null;
}

function isRequested(choice: JsonObject): boolean {
  return (asNumber(choice["index"]) ?? 0) === 0;
}

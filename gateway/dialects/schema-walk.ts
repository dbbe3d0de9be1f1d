import type { Json, JsonObject } from "../../kernel/chat.ts";
import { asArray, asObject } from "./json.ts";

/** Where a JSON Schema holds others. */

const withMaps: ReadonlySet<string> = new Set(["properties", "$defs", "definitions", "patternProperties", "dependentSchemas"]);
const withLists: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const withOne: ReadonlySet<string> = new Set(["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"]);

const nothing = (): null => null;

type Change = (schema: JsonObject) => JsonObject;

/** The schema with each schema in it changed, the inner ones first. `instead`: what stands for one in it as given. */
export function mapSchema(schema: JsonObject, change: Change, instead: (inner: JsonObject) => JsonObject | null = nothing): JsonObject {
  const inner = (value: Json): Json => {
    const one = asObject(value);
    return one === null ? value : (instead(one) ?? mapSchema(one, change, instead));
  };
  const fields = Object.entries(schema).map(([name, value]): [string, Json] => {
    const map = withMaps.has(name) ? asObject(value) : null;
    if (map !== null) return [name, Object.fromEntries(Object.entries(map).map(([key, one]) => [key, inner(one)]))];
    if (withLists.has(name)) return [name, asArray(value)?.map(inner) ?? value];
    return [name, withOne.has(name) ? inner(value) : value];
  });
  return change(Object.fromEntries(fields));
}

/** The first that `find` finds, of the schema and each in it. */
export function firstIn(schema: JsonObject, find: (schema: JsonObject) => string | null): string | null {
  let found = find(schema);
  for (const name in schema) {
    if (found !== null) return found;
    for (const inner of schemasUnder(name, schema[name])) found ??= firstIn(inner, find);
  }
  return found;
}

/** The schemas that a field of a schema holds. */
export function schemasUnder(name: string, value: Json | undefined): readonly JsonObject[] {
  if (typeof value !== "object" || value === null) return [];
  const held = withMaps.has(name) ? Object.values(asObject(value) ?? {}) : withLists.has(name) ? (asArray(value) ?? []) : withOne.has(name) ? [value] : [];
  return held.filter((one): one is JsonObject => asObject(one) !== null);
}

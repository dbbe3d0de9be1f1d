import type { Json, JsonObject } from "../../kernel/chat.ts";
import { asArray, asObject } from "./json.ts";
import { firstIn, mapSchema, schemasUnder } from "./schema-walk.ts";

/**
 * The schema with everything that it refers to in `$defs`: there alone do providers look. Generators also refer to
 * `definitions`, and to the place where a schema first stood (modelcontextprotocol/typescript-sdk issue 2100). What
 * cannot be found stays as it is.
 */
export function withDefinitions(root: JsonObject): JsonObject {
  if (firstIn(root, pointerIn) === null) return root;
  const named = namedIn(root);
  const instead = (schema: JsonObject): JsonObject | null => {
    const name = named.get(schema);
    return name === undefined ? null : { $ref: referenceTo(name) };
  };
  const change = (given: JsonObject): JsonObject => {
    const pointer = pointerIn(given);
    const name = pointer === null ? undefined : named.get(targetOf(root, pointer) ?? given);
    return name === undefined ? given : { ...given, $ref: referenceTo(name) };
  };
  const { definitions: _, $defs, ...rest } = root;
  const definitions = [...named].map(([schema, name]): [string, JsonObject] => [name, mapSchema(schema === root ? rest : schema, change, instead)]);
  const given = Object.entries(asObject($defs) ?? {}).map(([name, value]): [string, Json] => [name, asObject(value) === null ? value : mapSchema(value as JsonObject, change, instead)]);
  return { ...mapSchema(rest, change, instead), $defs: Object.fromEntries([...given, ...definitions]) };
}

/** What is referred to elsewhere than in `$defs`, and its name there. */
function namedIn(root: JsonObject): ReadonlyMap<JsonObject, string> {
  const taken = new Set(Object.keys(asObject(root["$defs"]) ?? {}));
  const named = new Map<JsonObject, string>();
  const seen = new Set<JsonObject>();
  const visit = (schema: JsonObject): void => {
    if (seen.has(schema)) return;
    seen.add(schema);
    const pointer = pointerIn(schema);
    const target = pointer === null ? null : targetOf(root, pointer);
    if (pointer !== null && target !== null && !named.has(target)) {
      named.set(target, freeName(pointer, taken));
      visit(target);
    }
    for (const name in schema) schemasUnder(name, schema[name]).forEach(visit);
  };
  visit(root);
  return named;
}

function freeName(pointer: string, taken: Set<string>): string {
  const wanted = pointer.split("/").at(-1)!.replace(/[^\w.-]/g, "_") || "root";
  let name = wanted;
  for (let next = 2; taken.has(name); next++) name = `${wanted}_${next}`;
  taken.add(name);
  return name;
}

const referenceTo = (name: string): string => `#/$defs/${name}`;

/** Where in its document the schema refers to, when not to one of the `$defs`. */
function pointerIn({ $ref: reference }: JsonObject): string | null {
  if (typeof reference !== "string" || !/^#(\/|$)/.test(reference) || /^#\/\$defs\/[^/]+$/.test(reference)) return null;
  return reference.slice(1);
}

function targetOf(root: JsonObject, pointer: string): JsonObject | null {
  let found: Json | undefined = root;
  for (const segment of pointer.split("/").slice(1)) {
    const name = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    const fields: JsonObject | null = asObject(found);
    found = fields === null ? asArray(found)?.[Number(name)] : Object.hasOwn(fields, name) ? fields[name] : undefined;
  }
  return asObject(found);
}

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../kernel/chat.ts";
import { asObject } from "./json.ts";
import { withDefinitions } from "./schema-references.ts";

const text: JsonObject = { type: "string" };
const place: JsonObject = { type: "object", properties: { city: text } };

test.each<[string, JsonObject, JsonObject]>([
  ["where nothing refers", { type: "object", properties: { a: text }, definitions: { b: text } }, { type: "object", properties: { a: text }, definitions: { b: text } }],
  ["$defs", { properties: { a: { $ref: "#/$defs/A" } }, $defs: { A: text } }, { properties: { a: { $ref: "#/$defs/A" } }, $defs: { A: text } }],
  ["definitions", { properties: { a: { $ref: "#/definitions/A" } }, definitions: { A: place, B: text } }, { properties: { a: { $ref: "#/$defs/A" } }, $defs: { A: place } }],
  ["a place where it first stood", { properties: { from: place, to: { $ref: "#/properties/from", description: "To." } } }, { properties: { from: { $ref: "#/$defs/from" }, to: { $ref: "#/$defs/from", description: "To." } }, $defs: { from: place } }],
  ["a part of a definition, of a name that is taken", { properties: { city: { $ref: "#/$defs/P/properties/city" } }, $defs: { P: place, city: text } }, { properties: { city: { $ref: "#/$defs/city_2" } }, $defs: { P: { type: "object", properties: { city: { $ref: "#/$defs/city_2" } } }, city: text, city_2: text } }],
  ["itself", { type: "object", properties: { next: { $ref: "#" } } }, { type: "object", properties: { next: { $ref: "#/$defs/root" } }, $defs: { root: { type: "object", properties: { next: { $ref: "#/$defs/root" } } } } }],
  ["one of several, and a name with a slash", { anyOf: [text, { $ref: "#/anyOf/0" }, { $ref: "#/definitions/a~1b" }], definitions: { "a/b": place } }, { anyOf: [{ $ref: "#/$defs/0" }, { $ref: "#/$defs/0" }, { $ref: "#/$defs/a_1b" }], $defs: { "0": text, a_1b: place } }],
  ["what is elsewhere, or nowhere", { properties: { a: { $ref: "#/definitions/gone" }, b: { $ref: "https://example.com/b" } } }, { properties: { a: { $ref: "#/definitions/gone" }, b: { $ref: "https://example.com/b" } }, $defs: {} }],
])("withDefinitions: %s", (_, schema, expected) => {
  expect(withDefinitions(JSON.parse(JSON.stringify(schema)) as JsonObject)).toEqual(expected);
});

const pointers = ["#", "#/properties/a", "#/properties/b/items", "#/$defs/a", "#/definitions/a", "#/definitions/a/properties/b", "#/$defs/a/properties/b", "#/definitions/none"];
const { schema } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonObject>(...pointers.map(($ref) => ({ $ref })), { $ref: "#/properties/a", description: "An a." }, text),
    fc.record({ properties: fc.dictionary(fc.constantFrom("a", "b", "$ref"), tie("schema"), { maxKeys: 3 }) }),
    fc.record({ items: tie("schema") }),
  ),
}));
const definitions = fc.record({ a: schema, b: schema });
const anyRoot = fc.record({ properties: fc.dictionary(fc.constantFrom("a", "b"), schema, { minKeys: 1, maxKeys: 2 }), $defs: definitions, definitions });

test("withDefinitions: each reference leads to the same as before, and into $defs: law", () => {
  fc.assert(
    fc.property(anyRoot, (root) => {
      const written = withDefinitions(root);
      expect(unfolded(written, written, 7)).toEqual(unfolded(root, root, 7));
      expect(withDefinitions(written)).toEqual(written);
    }),
    { numRuns: 500 },
  );
});

/** The schema with what it refers to in the place of each reference, so many levels deep. */
function unfolded(root: JsonObject, schema: Json, levels: number, hops = 0): Json {
  const fields = asObject(schema);
  if (fields === null) return schema;
  if (levels === 0) return "deeper";
  if (hops > 20) return "itself alone";
  const { $ref: reference, $defs: _$defs, definitions: _definitions, ...rest } = fields;
  const own = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, unfolded(root, value, levels - 1)]));
  if (reference === undefined) return own;
  if (typeof reference !== "string") return { ...own, $ref: unfolded(root, reference, levels - 1) };
  const target = reference.split("/").slice(1).reduce((found: Json | undefined, name) => asObject(found)?.[name], root);
  const there = unfolded(root, target ?? "none", levels, hops + 1);
  return { ...(asObject(there) ?? { there }), ...own };
}

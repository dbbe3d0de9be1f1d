import { transformJSONSchema } from "@anthropic-ai/sdk/lib/transform-json-schema";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../kernel/chat.ts";
import { anthropicSchema, geminiParameters, geminiSchema, lackingOfAnthropicSchema, lackingOfAnthropicTool, lackingOfGeminiSchema, lackingOfOpenaiSchema, lackingOfOpenaiTool } from "./schemas.ts";

const closed = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "object", properties, required: Object.keys(properties), additionalProperties: false, ...more });

test.each<[string, JsonObject]>([
  ["open objects in each other", { type: "object", properties: { a: { type: "object", properties: { b: { type: "string" } } }, c: { type: "array", items: { type: "object", properties: { d: { type: "integer" } }, required: ["d"] } } }, required: ["a"] }],
  ["constraints", closed({ n: { type: "integer", minimum: 1, maximum: 9 }, s: { type: "string", minLength: 2, pattern: "^a", description: "A text." }, l: { type: "array", items: { type: "string" }, minItems: 3 } })],
  ["formats", closed({ d: { type: "string", format: "date-time" }, x: { type: "string", format: "binary" } })],
  ["definitions, and a dialect", { $schema: "http://json-schema.org/draft-07/schema#", ...closed({ a: { $ref: "#/$defs/A" } }), $defs: { A: { type: "object", properties: { b: { type: "string", maxLength: 3 } } } } }],
  ["one of several", closed({ a: { oneOf: [{ type: "string" }, { type: "object", properties: { b: { type: "null" } } }] } })],
  ["an empty string's property named as a word", closed({ minimum: { type: "string" }, items: { type: "integer", multipleOf: 2 } })],
])("anthropicSchema: %s, as Anthropic's own package writes them", (_, schema) => {
  expect(anthropicSchema(schema)).toEqual(transformJSONSchema(schema));
});

const leaf = fc.constantFrom<JsonObject>({ type: "string" }, { type: "integer", minimum: 1 }, { const: "x" }, { const: 3 }, { $ref: "#/$defs/a", description: "An A." }, { allOf: [{ type: "string" }] }, { type: ["string", "null"] }, { enum: ["a", 1] });
const { schema: anySchema } = fc.letrec<{ schema: JsonObject; node: JsonObject }>((tie) => ({
  schema: fc.oneof({ maxDepth: 4 }, leaf, tie("node")),
  node: fc.oneof(
    fc.record({ type: fc.constant("object"), properties: fc.dictionary(fc.constantFrom("a", "b", "const", "$ref", "anyOf"), tie("schema"), { minKeys: 1, maxKeys: 3 }) }),
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
    fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
  ),
}));

test("anthropicSchema: what it writes is accepted, and stays as it is: law", () => {
  fc.assert(
    fc.property(anySchema, (schema) => {
      const written = anthropicSchema(schema);
      expect(lackingOfAnthropicSchema(written, true)).toBeNull();
      expect(anthropicSchema(written)).toEqual(written);
    }),
  );
});

test("geminiSchema: what it writes is known to Gemini, and stays as it is: law", () => {
  fc.assert(
    fc.property(anySchema, (schema) => {
      const written = geminiSchema(schema);
      expect(lackingOfGeminiSchema(written)).toBeNull();
      expect(geminiSchema(written)).toEqual(written);
    }),
  );
});

test("geminiSchema: a pinned value, one of all, and what stands beside a reference, in Gemini's words", () => {
  const given = closed({ currency: { const: "USD" }, rate: { type: "number", const: 1.5 }, to: { allOf: [{ $ref: "#/$defs/Place" }], description: "Where to." }, from: { $ref: "#/$defs/Place", description: "Where from." }, plain: { $ref: "#/$defs/Place" } });
  expect(geminiSchema(given)["properties"]).toEqual({
    currency: { type: "string", enum: ["USD"] },
    rate: { type: "number", enum: [1.5] },
    to: { anyOf: [{ $ref: "#/$defs/Place" }], description: "Where to." },
    from: { anyOf: [{ $ref: "#/$defs/Place" }], description: "Where from." },
    plain: { $ref: "#/$defs/Place" },
  });
});

test.each<[string, JsonObject, JsonObject | undefined]>([
  ["nothing", {}, undefined],
  ["an object without properties", { $schema: "x", type: "object", properties: {}, required: [], additionalProperties: false }, undefined],
  ["an object of any properties", { type: "object", additionalProperties: { type: "string" } }, { type: "object", additionalProperties: { type: "string" } }],
  ["properties without a type", { properties: { a: {} } }, { type: "object", properties: { a: {} } }],
])("geminiParameters: %s", (_, schema, expected) => {
  expect(geminiParameters(schema)).toEqual(expected);
});

test.each<[string, string | null, string | null]>([
  ["a map", lackingOfAnthropicSchema(closed({ a: { type: "object", additionalProperties: { type: "string" } } }), false), "additionalProperties"],
  ["an object of anything", lackingOfAnthropicSchema(closed({ a: { type: "object" } }), false), "additionalProperties"],
  ["a range, told", lackingOfAnthropicSchema(closed({ a: { type: "integer", minimum: 1 } }), false), null],
  ["a range, guaranteed", lackingOfAnthropicSchema(closed({ a: { type: "integer", minimum: 1 } }), true), "minimum"],
  ["three items, guaranteed", lackingOfAnthropicSchema(closed({ a: { type: "array", items: {}, minItems: 3 } }), true), "minItems"],
  ["one item, guaranteed", lackingOfAnthropicSchema(closed({ a: { type: "array", items: {}, minItems: 1 } }), true), null],
  ["a property named as a word", lackingOfAnthropicSchema(closed({ minimum: { type: "string" } }), true), null],
  ["a choice at the top of a tool", lackingOfAnthropicTool({ type: "object", oneOf: [{ required: ["a"] }] }), "oneOf at the top"],
  ["a name of a property", lackingOfAnthropicTool({ type: "object", properties: { "filter[id]": {} } }), "names of properties"],
  ["an optional property", lackingOfOpenaiSchema(closed({ a: {}, b: {} }, { required: ["a"] })), "optional properties"],
  ["an open object", lackingOfOpenaiSchema({ type: "object", properties: { a: {} }, required: ["a"] }), "additionalProperties"],
  ["a range for OpenAI", lackingOfOpenaiSchema(closed({ a: { type: "integer", minimum: 1 } })), null],
  ["a choice at the top for OpenAI", lackingOfOpenaiTool({ type: "object", anyOf: [] }), "anyOf at the top"],
  ["a pattern for Gemini", lackingOfGeminiSchema(closed({ a: { type: "string", pattern: "x" } })), "pattern"],
])("lacking: %s", (_, found, expected) => {
  expect(found).toBe(expected);
});

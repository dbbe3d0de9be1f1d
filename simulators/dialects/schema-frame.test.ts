import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../kernel/chat.ts";
import { frameOf } from "./schema-frame.ts";

const instance = (schema: JsonObject | null, words = "words") => {
  const { before, after, marked } = frameOf(schema);
  return { marked, value: JSON.parse(marked ? before + words + after : before) as unknown };
};

test("frameOf: the words are in the first free string, and required properties are present", () => {
  const schema = {
    type: "object",
    properties: {
      kind: { type: "string", enum: ["a", "b"] },
      count: { type: "integer", minimum: 3 },
      list: { type: "array", items: { type: "object", properties: { note: { type: "string" } }, required: ["note"] } },
      other: { type: "string" },
      left: { type: "boolean" },
    },
    required: ["kind", "count", "list", "other"],
  };
  expect(instance(schema)).toEqual({ marked: true, value: { kind: "a", count: 3, list: [{ note: "words" }], other: "text" } });
});

test("frameOf: an optional string is used where no required one is free", () => {
  expect(instance({ type: "object", properties: { id: { type: "string", format: "uuid" }, note: { type: "string" } }, required: ["id"] })).toEqual({
    marked: true,
    value: { id: "text", note: "words" },
  });
});

test.each([
  ["no schema", null, true, { answer: "words" }],
  ["a $ref", { $ref: "#/$defs/x", $defs: { x: { type: "object", properties: { y: { type: "string" } } } } }, true, { y: "words" }],
  ["Gemini's upper case", { type: "OBJECT", properties: { y: { type: "STRING" } } }, true, { y: "words" }],
  ["a nullable string", { type: "object", properties: { y: { anyOf: [{ type: "null" }, { type: "string" }] }, z: { type: ["null", "number"] } }, required: ["y", "z"] }, true, { y: "words", z: 1 }],
  ["no string at all", { type: "object", properties: { n: { type: "number" }, ok: { type: "boolean" } }, required: ["n", "ok"] }, false, { n: 1, ok: true }],
  ["a bare string", { type: "string" }, true, "words"],
  ["a constant", { const: { fixed: 1 } }, false, { fixed: 1 }],
] as const)("frameOf: %s", (_name, schema, marked, value) => {
  expect(instance(schema as JsonObject | null)).toEqual({ marked, value });
});

test("frameOf: a recursive schema ends", () => {
  expect(frameOf({ type: "object", properties: { next: { $ref: "#" } }, required: ["next"] }).marked).toBe(false);
});

test("frameOf: any JSON as a schema gives JSON text", () => {
  const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => typeof value === "object" && value !== null && !Array.isArray(value));
  const shaped = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.record(
      { type: fc.constantFrom("object", "array", "string", "number", "null", "STRING"), properties: fc.dictionary(fc.string(), tie("schema"), { maxKeys: 3 }), items: tie("schema"), required: fc.array(fc.string(), { maxLength: 2 }), anyOf: fc.array(tie("schema"), { maxLength: 2 }), minItems: fc.nat(3) },
      { requiredKeys: [] },
    ),
  })).schema;
  fc.assert(fc.property(fc.oneof(json, shaped), (schema) => {
      expect(() => instance(schema as JsonObject)).not.toThrow();
    }));
});

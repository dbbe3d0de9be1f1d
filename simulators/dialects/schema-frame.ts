import type { Json, JsonObject } from "../../kernel/chat.ts";
import type { Frame } from "../core/contracts.ts";
import { asObject } from "./json.ts";

/** Placeholder for the words while an instance is generated. */
const slot = "words-of-the-answer";
const depthMax = 8;

/**
 * JSON text that fits a JSON Schema (types, properties, required, items, enum, const, anyOf, local $ref; also
 * upper-case types, as Gemini's), with the words of the answer in its first free string field. Null schema: any object.
 */
export function frameOf(schema: JsonObject | null): Frame {
  const instance = new Instance(schema).make();
  const text = JSON.stringify(instance);
  const at = text.indexOf(slot);
  return at < 0 ? { before: text, after: "", marked: false } : { before: text.slice(0, at), after: text.slice(at + slot.length), marked: true };
}

class Instance {
  readonly #root: JsonObject;
  #slotted = false;

  constructor(schema: JsonObject | null) {
    this.#root = schema ?? { type: "object", properties: { answer: { type: "string" } } };
  }

  make(): Json {
    return this.#of(this.#root, 0);
  }

  #of(given: JsonObject, depth: number): Json {
    const schema = this.#resolve(given);
    if (depth > depthMax) return null;
    if (schema["const"] !== undefined) return schema["const"];
    const choices = schema["enum"];
    if (Array.isArray(choices) && choices.length > 0) return choices[0] as Json;
    const one = alternative(schema);
    if (one !== null) return this.#of(one, depth + 1);
    switch (typeOf(schema)) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#array(schema, depth);
      case "string":
        return this.#string(schema);
      case "integer":
      case "number":
        return typeof schema["minimum"] === "number" ? schema["minimum"] : 1;
      case "boolean":
        return true;
      default:
        return null;
    }
  }

  /** All required properties, and optional ones only while there is no place for the words. */
  #object(schema: JsonObject, depth: number): Json {
    const properties = Object.entries(asObject(schema["properties"]) ?? {});
    const listed = schema["required"];
    const required: readonly Json[] = Array.isArray(listed) ? (listed as readonly Json[]) : [];
    const made = new Map<string, Json>();
    for (const wanted of [true, false]) {
      for (const [name, property] of properties) {
        if (required.includes(name) !== wanted || (!wanted && this.#slotted)) continue;
        made.set(name, this.#of(asObject(property) ?? {}, depth + 1));
      }
    }
    const rest = required.filter((name): name is string => typeof name === "string" && !made.has(name));
    return Object.fromEntries([...properties.flatMap(([name]) => (made.has(name) ? [[name, made.get(name)!]] : [])), ...rest.map((name) => [name, null])]);
  }

  #array(schema: JsonObject, depth: number): Json {
    const items = asObject(schema["items"]);
    const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 1;
    const count = items === null ? 0 : Math.min(100, Math.max(1, least));
    return Array.from({ length: count }, () => this.#of(items ?? {}, depth + 1));
  }

  #string(schema: JsonObject): string {
    const bound = ["pattern", "format", "maxLength"].some((word) => schema[word] !== undefined);
    if (!this.#slotted && !bound) {
      this.#slotted = true;
      return slot;
    }
    const { minLength, maxLength } = schema;
    const text = "text".padEnd(typeof minLength === "number" ? Math.min(minLength, 10_000) : 0, "x");
    return typeof maxLength === "number" ? text.slice(0, maxLength) : text;
  }

  #resolve(schema: JsonObject): JsonObject {
    let current = schema;
    for (let hops = 0; hops < depthMax; hops++) {
      const reference = current["$ref"];
      if (typeof reference !== "string" || !reference.startsWith("#")) return current;
      const steps = reference.slice(1).split("/").filter((step) => step !== "");
      const target = steps.reduce<JsonObject | null>((at, step) => asObject(at?.[step]), this.#root);
      if (target === null) return {};
      current = target;
    }
    return {};
  }
}

function alternative(schema: JsonObject): JsonObject | null {
  for (const word of ["anyOf", "oneOf", "allOf"]) {
    const list = schema[word];
    if (!Array.isArray(list)) continue;
    const first = (list as readonly Json[]).map(asObject).find((one) => one !== null && typeOf(one) !== "null");
    if (first !== undefined && first !== null) return first;
  }
  return null;
}

function typeOf(schema: JsonObject): string | null {
  const type = schema["type"];
  const first = Array.isArray(type) ? (type as readonly Json[]).find((one) => one !== "null") : type;
  if (typeof first === "string") return first.toLowerCase();
  return schema["properties"] === undefined ? null : "object";
}

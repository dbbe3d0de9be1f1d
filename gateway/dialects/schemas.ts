import type { ChatRequest, Json, JsonObject } from "../../kernel/chat.ts";
import { plainValue } from "../core/exact-json.ts";
import { asArray, asObject, asString } from "./json.ts";
import { withDefinitions } from "./schema-references.ts";
import { firstIn, mapSchema } from "./schema-walk.ts";

/**
 * JSON Schemas between providers. Each guarantees a part of the language, and refuses the rest or ignores it. What can
 * be said in other words is; what cannot makes a deployment ineligible where the client asked for a guarantee.
 */

/** Constraints that neither Anthropic nor Gemini guarantees. */
const rare = [
  "multipleOf", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "uniqueItems", "minProperties", "maxProperties", "patternProperties",
  "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
];

const anthropicLacks: ReadonlySet<string> = new Set([...rare, "minimum", "maximum", "maxItems", "prefixItems"]);
const anthropicFormats: ReadonlySet<Json> = new Set(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]);
const anthropicWords: ReadonlySet<string> = new Set([
  "$defs", "definitions", "$ref", "type", "enum", "const", "anyOf", "allOf", "title", "description", "properties", "required", "additionalProperties", "items", "minItems", "format",
]);

/**
 * A schema as Anthropic accepts it where it guarantees one: objects are closed, and what it cannot guarantee stands in
 * the description. Its own SDK does the same (`transformJSONSchema`). An answer that fits this one fits the given one.
 */
export function anthropicSchema(schema: JsonObject): JsonObject {
  return mapSchema(withDefinitions(schema), (given) => {
    const { $schema: _, oneOf, description, ...fields } = given;
    const words = Object.entries({ ...(oneOf !== undefined && given["anyOf"] === undefined && { anyOf: oneOf }), ...fields });
    const kept = words.filter(([name]) => isAnthropic(name, given));
    const rest = words.filter(([name]) => !isAnthropic(name, given)).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    const text = asString(description);
    const told = [...(text === null ? [] : [text]), ...(rest.length === 0 ? [] : [`{${rest.join(", ")}}`])];
    return { ...Object.fromEntries(kept), ...(told.length > 0 && { description: told.join("\n\n") }), ...(isObject(given) && { additionalProperties: false }) };
  });
}

function isAnthropic(name: string, schema: JsonObject): boolean {
  if (name === "minItems") return Number(plainValue(schema["minItems"]!)) <= 1;
  return anthropicWords.has(name) && (name !== "format" || anthropicFormats.has(schema["format"]!));
}

function isObject(schema: JsonObject): boolean {
  return schema["type"] === "object" || (asArray(schema["type"])?.includes("object") ?? schema["properties"] !== undefined);
}

/** What Anthropic cannot say of it. `isGuaranteed`: its description is not enough. */
export function lackingOfAnthropicSchema(schema: JsonObject, isGuaranteed: boolean): string | null {
  return firstIn(schema, (one) => {
    const more = one["additionalProperties"];
    const isMap = isObject(one) && more !== false && (asObject(more) !== null || Object.keys(asObject(one["properties"]) ?? {}).length === 0);
    if (isMap) return "additionalProperties";
    if (!isGuaranteed) return null;
    return Object.keys(one).find((name) => anthropicLacks.has(name) || ((name === "format" || name === "minItems") && !isAnthropic(name, one))) ?? null;
  });
}

/**
 * A schema in the words that Gemini knows: `const` is an `enum` of one, one schema in `allOf` is one in `anyOf`, and
 * nothing stands beside `$ref` (`responseJsonSchema` of the genai package).
 */
export function geminiSchema(schema: JsonObject): JsonObject {
  return mapSchema(withDefinitions(schema), (given) => {
    const { const: value, allOf, $ref: reference, ...fields } = given;
    const only = value === undefined ? undefined : plainValue(value);
    const all = asArray(allOf);
    const isOne = isOneOfAll(given);
    const isBeside = reference !== undefined && Object.keys(given).some((name) => !name.startsWith("$"));
    return {
      ...fields,
      ...(value !== undefined && (isScalar(only) ? { type: fields["type"] ?? typeof only, enum: [value] } : { const: value })),
      ...(allOf !== undefined && (isOne ? { anyOf: all } : { allOf })),
      ...(reference !== undefined && (isBeside && fields["anyOf"] === undefined && !isOne ? { anyOf: [{ $ref: reference }] } : { $ref: reference })),
    };
  });
}

function isScalar(value: Json | undefined): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function isOneOfAll(schema: JsonObject): boolean {
  return asArray(schema["allOf"])?.length === 1 && schema["anyOf"] === undefined;
}

const geminiLacks: ReadonlySet<string> = new Set(rare);

/** What Gemini ignores of a schema that it should guarantee. */
export function lackingOfGeminiSchema(schema: JsonObject): string | null {
  return firstIn(schema, (one) => {
    if (one["const"] !== undefined && !isScalar(plainValue(one["const"]))) return "const";
    if (one["allOf"] !== undefined && !isOneOfAll(one)) return "allOf";
    return Object.keys(one).find((name) => geminiLacks.has(name)) ?? null;
  });
}

const openaiLacks: ReadonlySet<string> = new Set(["allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames", "unevaluatedProperties"]);

/** What OpenAI refuses of a schema that it should guarantee: all objects are closed, and all properties required. */
export function lackingOfOpenaiSchema(schema: JsonObject): string | null {
  return firstIn(schema, (one) => {
    if (isObject(one) && one["additionalProperties"] !== false) return "additionalProperties";
    const required = asArray(one["required"]) ?? [];
    const optional = Object.keys(asObject(one["properties"]) ?? {}).some((name) => !required.includes(name));
    if (optional) return "optional properties";
    return Object.keys(one).find((name) => openaiLacks.has(name)) ?? null;
  });
}

/** A tool's schema with what OpenAI requires of one: a type, and properties, also where there are none. */
export function openaiParameters(schema: JsonObject): JsonObject {
  const written = withDefinitions(schema);
  return { type: "object", ...written, properties: written["properties"] ?? {} };
}

/** What OpenAI refuses at the top of a tool's schema (langchain-ai/langchainjs issue 9804). */
export function lackingOfOpenaiTool(schema: JsonObject): string | null {
  return topWord(schema, ["oneOf", "anyOf", "allOf", "enum", "not"]);
}

const anthropicKeys = /^[a-zA-Z0-9_.-]{1,64}$/;

/** What Anthropic refuses of a tool's schema (anthropics/claude-code issues 5973 and 79418). */
export function lackingOfAnthropicTool(schema: JsonObject): string | null {
  const isForeign = Object.keys(asObject(schema["properties"]) ?? {}).some((name) => !anthropicKeys.test(name));
  return topWord(schema, ["oneOf", "anyOf", "allOf"]) ?? (isForeign ? "names of properties" : null);
}

function topWord(schema: JsonObject, words: readonly string[]): string | null {
  const found = words.find((word) => schema[word] !== undefined);
  return found === undefined ? null : `${found} at the top`;
}

/** A tool's schema as Gemini takes it. Undefined: it has no parameters. */
export function geminiParameters(schema: JsonObject): JsonObject | undefined {
  const isEmpty = Object.keys(asObject(schema["properties"]) ?? {}).length === 0 && Object.keys(schema).every((name) => emptyWords.has(name)) && asObject(schema["additionalProperties"]) === null;
  return isEmpty ? undefined : { type: "object", ...geminiSchema(schema) };
}

const emptyWords: ReadonlySet<string> = new Set(["$schema", "type", "title", "description", "properties", "required", "additionalProperties"]);

type Lacking = readonly [name: string, isAsked: boolean];

/** What a format lacks for the schemas of a request. `find`, of one: null for nothing. */
export function lackingOfSchemas({ output, tools = [] }: ChatRequest, find: (schema: JsonObject, isStrict: boolean, isOutput: boolean) => string | null): readonly Lacking[] {
  const ofOutput = output?.type === "json_schema" ? find(output.schema, output.strict === true, true) : null;
  const ofTools = tools.map(({ parameters, strict }) => (parameters === undefined ? null : find(parameters, strict === true, false))).find((found) => found !== null);
  return [
    [`response_format (schema: ${ofOutput ?? ""})`, ofOutput !== null],
    [`tools[].parameters (${ofTools ?? ""})`, ofTools !== undefined],
  ];
}

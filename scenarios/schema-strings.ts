import { z } from "zod";
import type { StringUse } from "../kernel/string-use.ts";

/** A registry of uses, as `z.registry` makes one. */
export interface StringUses {
  get(schema: z.core.$ZodType): { readonly use: StringUse } | undefined;
}

/** One string of a value. `use` is undefined where no schema on the way to it is registered. */
export interface UsedString {
  readonly path: readonly (string | number)[];
  readonly text: string;
  readonly use: StringUse | undefined;
}

/**
 * Every string in `value`, keys of records excepted, with the use that `schema` gives it. What the schema does not know
 * has no use.
 */
export function* stringsIn(value: unknown, schema: z.core.$ZodType | undefined, uses: StringUses, path: readonly (string | number)[] = []): Generator<UsedString> {
  const [shape, ...others] = schema === undefined ? [] : shapesOf(schema, value, uses);
  // Alternatives that all fit could differ in what they register: then nothing counts as registered.
  const only = others.length === 0 ? shape : undefined;
  const use = only === undefined ? undefined : uses.get(only)?.use;
  if (use !== undefined) return yield* allIn(value, path, use);
  if (typeof value === "string") return yield { path, text: value, use: undefined };
  for (const [step, inner] of entriesOf(value)) yield* stringsIn(inner, only === undefined ? undefined : childOf(only, step), uses, [...path, step]);
}

/**
 * Every string that a value of this schema can have, by its path: `[]` for the elements of a list, `*` for those of a
 * record.
 */
export function* stringFields(schema: z.core.$ZodType, uses: StringUses, path = "", above: readonly z.core.$ZodType[] = []): Generator<{ readonly path: string; readonly use: StringUse | undefined }> {
  if (above.includes(schema)) return;
  const registered = uses.get(schema);
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (registered !== undefined || def.type === "string" || def.type === "template_literal") return yield { path, use: registered?.use };
  for (const [step, child] of childrenOf(schema as z.core.$ZodTypes)) yield* stringFields(child, uses, `${path}${step}`, [...above, schema]);
}

function* allIn(value: unknown, path: readonly (string | number)[], use: StringUse): Generator<UsedString> {
  if (typeof value === "string") return yield { path, text: value, use };
  for (const [step, inner] of entriesOf(value)) yield* allIn(inner, [...path, step], use);
}

function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return [...value.entries()];
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/**
 * The schema without what wraps it, down to where a use is registered; of a union, the alternatives that fit the value.
 */
function shapesOf(schema: z.core.$ZodType, value: unknown, uses: StringUses): readonly z.core.$ZodTypes[] {
  const known = schema as z.core.$ZodTypes;
  if (uses.get(schema) !== undefined) return [known];
  const { def } = known._zod;
  if (def.type === "union") return def.options.filter((option) => z.safeParse(option, value).success).flatMap((option) => shapesOf(option, value, uses));
  const inner = innerOf(known);
  return inner === undefined ? [known] : shapesOf(inner, value, uses);
}

/** What an optional field, a default and the like wrap. */
function innerOf({ _zod: { def } }: z.core.$ZodTypes): z.core.$ZodType | undefined {
  if ("innerType" in def) return def.innerType;
  if (def.type === "pipe") return def.in;
  return def.type === "lazy" ? def.getter() : undefined;
}

function childOf({ _zod: { def } }: z.core.$ZodTypes, step: string | number): z.core.$ZodType | undefined {
  if (def.type === "object") return Object.hasOwn(def.shape, step) ? def.shape[step] : def.catchall;
  if (def.type === "record") return def.valueType;
  return def.type === "array" ? def.element : undefined;
}

function childrenOf(schema: z.core.$ZodTypes): readonly (readonly [string, z.core.$ZodType])[] {
  const { def } = schema._zod;
  const inner = innerOf(schema);
  if (inner !== undefined) return [["", inner]];
  if (def.type === "object") return Object.entries(def.shape).map(([key, child]) => [`.${key}`, child]);
  if (def.type === "record") return [[".*", def.valueType]];
  if (def.type === "array") return [["[]", def.element]];
  return def.type === "union" ? def.options.map((option) => ["", option]) : [];
}

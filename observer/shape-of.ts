import type { z } from "zod";

/**
 * A schema for every member of `T`, those that may be absent included. `satisfies z.ZodType<T>` alone lets a schema
 * lack such a member, and zod then drops it from what it reads without a word.
 */
export type ShapeOf<T> = { readonly [Member in keyof Required<T>]: z.ZodType<T[Member]> };

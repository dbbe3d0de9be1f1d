import { z } from "zod";
import type { StringUse } from "../kernel/string-use.ts";

/**
 * The uses of strings in scenarios, stacks, incidents and profiles. A URL, an address or a secret in a field that is
 * not registered is refused.
 */
export const stringUses = z.registry<{ readonly use: StringUse }>();

/** For people, or passed on as it is. */
export const prose = z.string().register(stringUses, { use: "text" });

import { z } from "zod";
import type { StringUse } from "../../kernel/string-use.ts";

/**
 * The uses of strings in the gateway's file. Whoever shares a file relies on it: a URL, an address or a secret that is
 * not registered is refused by the lab.
 */
export const gatewayStringUses = z.registry<{ readonly use: StringUse }>();

import { hashUnit } from "../../../kernel/hash.ts";

/** Where requests of each region can go, by region: origins such as `http://127.0.0.1:9000`, at least one each. */
export type Entries = Readonly<Record<string, readonly string[]>>;

/** The entry to which a client keeps. Undefined where there is none. */
export function entryOf(entries: readonly string[] | undefined, client: string): string | undefined {
  return entries?.[Math.floor(hashUnit("entry", client) * entries.length)];
}

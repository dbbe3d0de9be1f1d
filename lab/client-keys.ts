import { z } from "zod";

/**
 * How a process of the lab is given its clients' keys: by its environment, because its config file stays in the run
 * directory. The observer reads the same name.
 */
export const keysReference = "env:BLASTLAB_CLIENT_KEYS";
const variable = keysReference.slice("env:".length);

export const keysEnvironment = (keys: Readonly<Record<string, string>>): Record<string, string> => ({ [variable]: JSON.stringify(keys) });

const keys = z.record(z.string(), z.string());

/** Keys by `team/feature`, or where they are. */
export const keysSchema = z.union([keys, z.literal(keysReference).transform(() => keys.parse(JSON.parse(process.env[variable] ?? "null")))]);

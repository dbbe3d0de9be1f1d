import { randomBytes } from "node:crypto";
import { regionVariables, type RegionKey } from "../plan/region-keys.ts";

/** The keys of one region. */
export type RegionSecrets = Readonly<Record<RegionKey, string>>;

/**
 * New keys for each region that is asked for: the same at every call. They are nowhere but in the environments of the
 * processes that need them.
 */
export function regionSecrets(): (region: string) => RegionSecrets {
  const known = new Map<string, RegionSecrets>();
  return (region) => {
    const secrets = known.get(region) ?? newSecrets();
    known.set(region, secrets);
    return secrets;
  };
}

/** The environment of a process that needs these keys of its region, and no others. */
export function environmentOf(secrets: RegionSecrets, keys: readonly RegionKey[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [regionVariables[key], secrets[key]]));
}

const newSecrets = () => Object.fromEntries(Object.keys(regionVariables).map((key) => [key, randomBytes(32).toString("hex")])) as RegionSecrets;

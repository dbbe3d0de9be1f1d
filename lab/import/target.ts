import type { IncidentTarget } from "../../scenarios/incident-target.ts";
import { providerOf } from "../../scenarios/providers.ts";
import type { StatusEntry } from "./entry.ts";

type Surface = IncidentTarget["surfaces"][number];

/** By the names that status pages give their components; the first that fits counts. */
const surfaces: readonly (readonly [RegExp, Surface])[] = [
  [/\bapi\b|^api\.|completion|responses|embedding|inference|batch|realtime|assistant|fine.?tun|model|endpoint/i, "api"],
  [/login|sign.?in|auth/i, "login"],
  [/console|playground|platform|dashboard/i, "console"],
  [/chatgpt|claude\.ai|\bweb\b|\bapp\b|search/i, "web"],
  [/gateway/i, "gateway"],
];

/** What an entry hit, for a machine: its provider if the lab knows it, and the surfaces that its components' names suggest; without any, the API. */
export function targetOf({ provider, components }: StatusEntry): IncidentTarget {
  const known = providerOf(provider.toLowerCase());
  const hit = components.map((component) => surfaces.find(([pattern]) => pattern.test(component))?.[1] ?? "product");
  return {
    providers: known === null ? [] : [known],
    surfaces: hit.length === 0 ? ["api"] : [...new Set(hit)],
    basis: { providers: "reported", surfaces: "estimated" },
  };
}

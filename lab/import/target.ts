import type { IncidentTarget, Surface } from "../../scenarios/incident-target.ts";
import { providerOf } from "../../scenarios/providers.ts";
import type { StatusEntry } from "./entry.ts";

/**
 * Words of component names and titles, and the surface that each indicates. The first that fits counts for a component,
 * and all that fit for a title.
 */
const named: readonly (readonly [RegExp, Surface])[] = [
  [/\bcustomer support|\bsupport (chat|response|system|delay)|help cent(er|re)|billing|subscription|checkout|usage limit/i, "product"],
  [/claude code|cowork|codex|\bwork mode|chatgpt work|\bdesktop|\bwindows\b|\bmacos\b|\bios\b|\bandroid\b|mobile|sora|\bplugin|extension|connector|labs\b|jetbrains|cursor|windsurf|copilot/i, "product"],
  [/log.?in|sign.?(in|up)|\bauth/i, "login"],
  [/console|playground|dashboard|platform\./i, "console"],
  [/chatgpt|claude\.ai|le chat|\bweb\b|\bapps?\b|conversation|\bgpts\b|voice mode|file uploads|\bsearch\b|image generation/i, "web"],
  [/gateway/i, "gateway"],
];

/** Goes before the others: `Codex API`, `Claude API (api.anthropic.com)`. */
const api = /\bapis?\b|\bapi\.|completions?\b|\bresponses\b|embedding|moderation|\brealtime\b|fine.?tuning|\bbatch\b|assistants|^(images|audio|files)$|vertex|gemini|bedrock|inference|endpoint/i;

/** In a title, `responses` need not be the API of that name. */
const apiInTitle = /\bapis?\b|\bapi\.|chat completions|embeddings|moderation|\brealtime\b|fine.?tuning|\bbatch\b|assistants|vertex|bedrock|endpoint/i;

/** Indicates no surface by itself: a model is served on all of them. */
const model = /\bmodels?\b|\b(gpt|o\d|claude|gemini|llama|mistral|deepseek)[- ]?[\d.]|\b(opus|sonnet|haiku|mythos|fable)\b/i;

/**
 * The target of an entry: its provider if it is a known one, and the surfaces that its components' names suggest.
 * Without components the title's words are used, and without any of these the API.
 */
export function targetOf({ provider, components, title, regions }: StatusEntry): IncidentTarget {
  const known = providerOf(provider.toLowerCase());
  const hit = components.length > 0 ? components.map(ofComponent) : ofTitle(title ?? "");
  return {
    providers: known === null ? [] : [known],
    surfaces: [...new Set<Surface>(hit)],
    ...(regions === undefined ? {} : { regions: [...regions] }),
    basis: { providers: "reported", surfaces: "estimated", ...(regions === undefined ? {} : { regions: "reported" }) },
  };
}

function ofComponent(name: string): Surface {
  if (api.test(name)) return "api";
  return named.find(([pattern]) => pattern.test(name))?.[1] ?? (model.test(name) ? "api" : "product");
}

function ofTitle(title: string): readonly Surface[] {
  const others = named.flatMap(([pattern, surface]) => (pattern.test(title) ? [surface] : []));
  if (apiInTitle.test(title)) return ["api", ...others];
  return others.length > 0 ? others : ["api"];
}

import { z } from "zod";
import { LabError } from "../../kernel/errors.ts";
import { slug } from "./ids.ts";

/** What a JSON file holds about the page itself. */
export interface PageFacts {
  readonly provider: string;
  /** Address of an incident on the page. Null where the file does not name its page. */
  urlOf(incident: string): string | null;
}

const schema = z.object({ name: z.string().nullish(), url: z.url({ protocol: /^https?$/ }).nullish() });

/** Pages that go by another name than the provider in scenarios and in the catalogue. */
const providers: Readonly<Record<string, string>> = { claude: "anthropic", chatgpt: "openai", "open-ai": "openai", groqcloud: "groq", "mistral-ai": "mistral" };

/** From the file's `page` object; null where it has no name. */
export function pageFacts(value: unknown, provider: string | null): PageFacts | null {
  const parsed = schema.safeParse(value);
  const { name, url } = parsed.success ? parsed.data : {};
  const named = provider ?? (name ? (providers[slug(name)] ?? slug(name)) : null);
  if (named === null) return null;
  const base = url?.replace(/\/+$/, "");
  return { provider: named, urlOf: (incident) => (base === undefined ? null : `${base}/incidents/${encodeURIComponent(incident)}`) };
}

/** Throws LabError `provider_unknown`. */
export function providerUnknown(): never {
  throw new LabError({ exit: "refused", code: "provider_unknown", message: "Cannot import it: the file does not name the provider of its incidents", hint: "Name the provider: --provider openai" });
}

import type { Dialect } from "../kernel/chat.ts";

/**
 * Providers that a simulator can stand for: the name in a scenario's `deployments[].provider`, and in an incident's
 * target.
 */
export const knownProviders = [
  "openai",
  "anthropic",
  "azure-openai",
  "google-vertex",
  "aws-bedrock",
  "deepseek",
  "mistral",
  "groq",
  "cloudflare-workers-ai",
  "openrouter",
  "litellm",
  "portkey",
] as const;

export type KnownProvider = (typeof knownProviders)[number];

export interface ProviderFacts {
  /** The wire format that its simulator speaks where nothing else is asked for. */
  readonly dialect: Dialect;
  /** A model of it, where any will do. */
  readonly model: string;
}

/** Gateways answer in the format that they share with OpenAI. */
export const providerFacts: Readonly<Record<KnownProvider, ProviderFacts>> = {
  openai: { dialect: "openai", model: "gpt-4.1-mini" },
  anthropic: { dialect: "anthropic", model: "claude-sonnet-4-5" },
  "azure-openai": { dialect: "azure", model: "gpt-4.1" },
  "google-vertex": { dialect: "gemini", model: "gemini-2.5-flash" },
  "aws-bedrock": { dialect: "bedrock", model: "anthropic.claude-sonnet-4-5" },
  deepseek: { dialect: "openai_compatible", model: "deepseek-chat" },
  mistral: { dialect: "openai_compatible", model: "mistral-small" },
  groq: { dialect: "openai_compatible", model: "llama-3.3-70b" },
  "cloudflare-workers-ai": { dialect: "openai_compatible", model: "llama-3.3-70b" },
  openrouter: { dialect: "openai_compatible", model: "openai/gpt-4.1-mini" },
  litellm: { dialect: "openai_compatible", model: "gpt-4.1-mini" },
  portkey: { dialect: "openai_compatible", model: "gpt-4.1-mini" },
};

/** Facts of an unknown provider: the format that most use. */
export const unknownProvider: ProviderFacts = { dialect: "openai_compatible", model: "some-model" };

/** The provider that a name stands for: `gateway:openrouter` and `google-cloud` too; null for one that is not known. */
export function providerOf(name: string): KnownProvider | null {
  const plain = name.replace(/^gateway:/, "");
  const known = knownProviders.find((provider) => provider === plain);
  if (known !== undefined) return known;
  const clouds: Readonly<Record<string, KnownProvider>> = { "google-cloud": "google-vertex", aws: "aws-bedrock", azure: "azure-openai", cloudflare: "cloudflare-workers-ai" };
  return clouds[plain] ?? null;
}

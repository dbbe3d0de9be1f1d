import type { Dialect, GatewayDialect } from "../kernel/chat.ts";

/** Every wire format that a simulator can speak. */
export const dialects = ["openai", "openai_responses", "anthropic", "gemini", "azure", "bedrock", "openai_compatible"] as const satisfies readonly Dialect[];

/** Those that the reference gateway speaks to a provider: the others need a system of one's own. */
const spoken: ReadonlySet<Dialect> = new Set<Dialect>(["openai", "openai_responses", "openai_compatible", "anthropic", "gemini"]);

export function gatewaySpeaks(dialect: Dialect): dialect is GatewayDialect {
  return spoken.has(dialect);
}

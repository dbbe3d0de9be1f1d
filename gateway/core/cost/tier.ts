import type { ChatRequest } from "../../../kernel/chat.ts";

/** The service tier that a client asks for, by OpenAI's name for it. Undefined: none. */
export function askedTierOf({ hints }: ChatRequest): string | undefined {
  const tier = hints?.["service_tier"];
  return typeof tier === "string" ? tier : undefined;
}

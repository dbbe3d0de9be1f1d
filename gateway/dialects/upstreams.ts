import type { GatewayDialect } from "../../kernel/chat.ts";
import type { UpstreamDialect } from "../core/contracts.ts";
import { anthropicUpstream } from "./anthropic-upstream.ts";
import { geminiUpstream } from "./gemini-upstream.ts";
import { openaiCompatibleUpstream, openaiUpstream } from "./openai-upstream.ts";
import { responsesUpstream } from "./responses-upstream.ts";

/** Every wire format that the gateway uses with providers. */
export const upstreamDialects: Readonly<Record<GatewayDialect, UpstreamDialect>> = {
  openai: openaiUpstream,
  openai_responses: responsesUpstream,
  openai_compatible: openaiCompatibleUpstream,
  anthropic: anthropicUpstream,
  gemini: geminiUpstream,
};

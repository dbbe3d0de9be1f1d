import type { Dialect } from "../../kernel/chat.ts";
import type { ProviderDialect } from "../core/contracts.ts";
import { anthropicDialect } from "./anthropic.ts";
import { azureDialect } from "./azure.ts";
import { bedrockDialect } from "./bedrock.ts";
import { compatibleDialect } from "./compatible.ts";
import { geminiDialect } from "./gemini.ts";
import { openaiDialect, openaiResponsesDialect } from "./openai.ts";

/** The simulators' wire formats. */
export const providerDialects: Readonly<Record<Dialect, ProviderDialect>> = {
  openai: openaiDialect,
  openai_responses: openaiResponsesDialect,
  anthropic: anthropicDialect,
  gemini: geminiDialect,
  azure: azureDialect,
  bedrock: bedrockDialect,
  openai_compatible: compatibleDialect,
};

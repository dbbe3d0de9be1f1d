import type { Dialect } from "../../kernel/chat.ts";
import type { ProviderDialect } from "../core/contracts.ts";
import { anthropicDialect } from "./anthropic.ts";
import { openaiDialect } from "./openai.ts";

/** Every wire format that a simulator can speak. */
export const providerDialects: Readonly<Record<Dialect, ProviderDialect>> = { openai: openaiDialect, anthropic: anthropicDialect };

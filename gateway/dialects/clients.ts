import type { ClientDialect } from "../core/contracts.ts";
import { anthropicClient } from "./anthropic-client.ts";
import { embeddingsClient } from "./embeddings-client.ts";
import { responsesClient } from "./responses-client.ts";

/** The paths besides chat completions that clients may post to, and their dialects. */
export const clientDialects: Readonly<Record<string, ClientDialect>> = {
  "/v1/responses": responsesClient,
  "/v1/embeddings": embeddingsClient,
  "/v1/messages": anthropicClient,
};

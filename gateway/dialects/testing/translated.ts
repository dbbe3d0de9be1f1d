import type { ChatRequest } from "../../../kernel/chat.ts";
import { BadRequest } from "../../core/contracts.ts";

/** A request as another format would be told it. Throws `BadRequest` for what has no word there. */
export function translated({ source, ...request }: ChatRequest): ChatRequest {
  const [refusal] = source?.untranslatable ?? [];
  if (refusal !== undefined) throw new BadRequest(refusal.code, refusal.message);
  return request;
}

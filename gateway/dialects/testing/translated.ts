import type { ChatRequest } from "../../../kernel/chat.ts";
import { BadRequest } from "../../core/contracts.ts";

/** A request translated to another format. Throws `BadRequest` for what that format cannot express. */
export function translated({ source, ...request }: ChatRequest): ChatRequest {
  const [refusal] = source?.untranslatable ?? [];
  if (refusal !== undefined) throw new BadRequest(refusal.code, refusal.message);
  return request;
}

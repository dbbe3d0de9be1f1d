import type { Stage } from "../call.ts";
import { clientDeadlines, deadlinesHeader } from "../client-deadlines.ts";
import { BadRequest } from "../contracts.ts";
import { rejected } from "../replies.ts";

/** Applies the deadlines that the client sent, where they are tighter than the configured ones. Unreadable: 400. */
export const deadlines: Stage = (next) => (call) => {
  const text = call.wire.headers[deadlinesHeader];
  if (text === undefined) return next(call);
  try {
    call.deadlines = clientDeadlines(text, call.config.policy.deadlines);
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    return rejected("deadlines", { status: 400, type: "invalid_request_error", code: error.code, message: error.message });
  }
  return next(call);
};

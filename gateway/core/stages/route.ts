import type { Stage } from "../call.ts";
import { quoted } from "../redact.ts";
import { rejected } from "../replies.ts";

/** Looks up the route that the client names as `model`. Unknown: 404. */
export const route: Stage = (next) => (call) => {
  const found = call.config.routes.find(({ name }) => name === call.chat.model);
  if (found === undefined) {
    const message = `No route is called ${quoted(call.chat.model, "")}`;
    return rejected("route", { status: 404, type: "invalid_request_error", code: "model_not_found", message });
  }
  call.setRoute(found);
  return next(call);
};

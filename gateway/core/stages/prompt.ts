import type { Stage } from "../call.ts";
import { BadRequest } from "../contracts.ts";
import type { PromptRegistry } from "../prompts/definition.ts";
import { render, type Rendered } from "../prompts/render.ts";
import { rejected } from "../replies.ts";

/**
 * Renders the registered prompt that the request refers to. A reference that cannot be rendered is the caller's fault:
 * 400.
 */
export function prompt(registry: PromptRegistry): Stage {
  return (next) => (call) => {
    const reference = call.chat.prompt;
    if (reference === undefined) return next(call);
    let rendered: Rendered;
    try {
      rendered = render(call.chat, reference, registry);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      return rejected("prompt", { status: 400, type: "invalid_request_error", code: error.code, message: error.message });
    }
    call.replaceChat(rendered.request);
    call.reports.prompt = rendered.used;
    return next(call);
  };
}

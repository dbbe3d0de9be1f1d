import type { ChatRequest } from "../../../kernel/chat.ts";
import type { Call, Stage } from "../call.ts";
import { BadRequest, type ClientDialect } from "../contracts.ts";
import { rejected } from "../replies.ts";

const encoded = {
  status: 415,
  type: "invalid_request_error",
  code: "unsupported_content_encoding",
  message: "Unsupported 'content-encoding': this gateway accepts unencoded bodies only.",
};

/** Decodes the body in the client's dialect. A body that cannot be decoded is the client's fault: 400. */
export function decode(dialectOf: (call: Call) => ClientDialect): Stage {
  return (next) => (call) => {
    const encoding = call.wire.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") return rejected("decode", encoded);
    let chat: ChatRequest;
    try {
      chat = call.decoded ?? dialectOf(call).decodeRequest(call.wire.body, call.wire.headers);
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      return rejected("decode", { status: 400, type: "invalid_request_error", code: error.code, message: error.message });
    }
    call.replaceChat(chat);
    call.emitStarted();
    return next(call);
  };
}

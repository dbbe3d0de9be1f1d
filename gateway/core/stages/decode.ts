import type { ChatRequest } from "../../../kernel/chat.ts";
import type { Clock } from "../../../kernel/seams.ts";
import type { Call, Reply, Stage } from "../call.ts";
import { BadRequest, type ClientDialect } from "../contracts.ts";
import { LONG_BYTES, type LongBody, readInPieces } from "../long-body.ts";
import { pausesOf } from "../pause.ts";
import { rejected } from "../replies.ts";

const encoded = {
  status: 415,
  type: "invalid_request_error",
  code: "unsupported_content_encoding",
  message: "Unsupported 'content-encoding': this gateway accepts unencoded bodies only.",
};

/** Decodes the body in the client's dialect. A body that cannot be decoded is the client's fault: 400. */
export function decode(dialectOf: (call: Call) => ClientDialect, clock: Clock): Stage {
  return (next) => {
    const decodeBody = (call: Call, body: Uint8Array | LongBody): Reply | Promise<Reply> => {
      let chat: ChatRequest;
      try {
        chat = call.decoded ?? dialectOf(call).decodeRequest(body, call.wire.headers);
      } catch (error) {
        if (!(error instanceof BadRequest)) throw error;
        return rejected("decode", { status: 400, type: "invalid_request_error", code: error.code, message: error.message });
      }
      call.replaceChat(chat);
      call.emitStarted();
      return next(call);
    };
    const decodeLong = async (call: Call) => decodeBody(call, await readInPieces(call.wire.body, pausesOf(clock, call.signal)));
    return (call) => {
      const { body, headers } = call.wire;
      const encoding = headers["content-encoding"];
      if (encoding !== undefined && encoding !== "identity") return rejected("decode", encoded);
      return body.length < LONG_BYTES || call.decoded !== null ? decodeBody(call, body) : decodeLong(call);
    };
  };
}

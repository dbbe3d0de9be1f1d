import type { ChatRequest } from "../../../kernel/chat.ts";
import type { Clock } from "../../../kernel/seams.ts";
import type { Call, Reply, Stage } from "../call.ts";
import { BadRequest, type ClientDialect } from "../contracts.ts";
import { LONG_BYTES, readInPieces } from "../long-body.ts";
import { pausesOf } from "../pause.ts";
import { rejected } from "../replies.ts";

const encoded = {
  status: 415,
  type: "invalid_request_error",
  code: "unsupported_content_encoding",
  message: "Unsupported 'content-encoding': send gzip, deflate, br, zstd, or an unencoded body",
};

/** Decodes the body in the client's dialect. A body that cannot be decoded is the client's fault: 400. */
export function decode(dialectOf: (call: Call) => ClientDialect, clock: Clock): Stage {
  return (next) => {
    const pass = (call: Call, chat: ChatRequest): Reply | Promise<Reply> => {
      call.replaceChat(chat);
      call.emitStarted();
      return next(call);
    };
    const decodeShort = (call: Call): Reply | Promise<Reply> => {
      let chat: ChatRequest;
      try {
        chat = call.decoded ?? dialectOf(call).decodeRequest(call.wire.body, call.wire.headers);
      } catch (error) {
        return refused(error);
      }
      return pass(call, chat);
    };
    const decodeLong = async (call: Call): Promise<Reply> => {
      const pause = pausesOf(clock, call.signal);
      const body = await readInPieces(call.wire.body, pause);
      const { headers } = call.wire;
      const dialect = dialectOf(call);
      let chat: ChatRequest;
      try {
        chat = body instanceof Uint8Array || dialect.decodeInPieces === undefined ? dialect.decodeRequest(body, headers) : await dialect.decodeInPieces(body, headers, pause);
      } catch (error) {
        return refused(error);
      }
      return pass(call, chat);
    };
    return (call) => {
      const { body, headers } = call.wire;
      const encoding = headers["content-encoding"];
      if (encoding !== undefined && encoding !== "identity") return rejected("decode", encoded, { "accept-encoding": "gzip, deflate, br, zstd" });
      return body.length < LONG_BYTES || call.decoded !== null ? decodeShort(call) : decodeLong(call);
    };
  };
}

function refused(error: unknown): Reply {
  if (!(error instanceof BadRequest)) throw error;
  return rejected("decode", { status: 400, type: "invalid_request_error", code: error.code, message: error.message });
}

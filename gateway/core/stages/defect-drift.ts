import type { WireResponse } from "../../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../../kernel/utf8.ts";
import type { Call, Stage } from "../call.ts";
import type { Defect } from "./defect.ts";

/**
 * A release that gives the content of a stream's events another name. It is seen in the bytes alone: `drifted` changes
 * them.
 */
export const drift = (defect: Defect): Stage => (next) => async (call) => {
  if (call.stream && defect.hits(call)) {
    defect.applied(call);
    call.isDrifted = true;
  }
  return next(call);
};

const field = '"content":';
const otherName = '"text":';

/**
 * The answer as the planted defect sends it, where one has hit the request. Events are sent whole, so that no name is
 * cut in two.
 */
export function drifted(response: WireResponse, call: Call): WireResponse {
  return call.isDrifted ? { ...response, body: renamed(response.body) } : response;
}

async function* renamed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) yield utf8Bytes(utf8Text(bytes).replaceAll(field, otherName));
}

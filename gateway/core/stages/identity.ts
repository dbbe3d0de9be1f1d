import type { Headers } from "../../../kernel/transport.ts";
import type { Stage } from "../call.ts";
import type { ClientError } from "../contracts.ts";
import { clientKey, keyOf } from "../keys.ts";
import { rejected } from "../replies.ts";

/** Identifies the client: its key is a virtual key, which stands for a team and a feature. Unknown or absent: 401. */
export const identity: Stage = (next) => (call) => {
  const key = keyOf(call.wire.headers, call.config.keys);
  if (key === undefined) return rejected("identity", unknownKey(call.wire.headers));
  call.setIdentity(key);
  return next(call);
};

export function unknownKey(headers: Headers): ClientError {
  const isAbsent = clientKey(headers) === undefined;
  const message = isAbsent ? "No key: send Authorization: Bearer <virtual key>, x-api-key or api-key" : "This key is not known here";
  return { status: 401, type: "authentication_error", code: "invalid_api_key", message };
}

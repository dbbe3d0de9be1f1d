import type { IncomingHttpHeaders } from "node:http";
import type { Headers } from "../../kernel/transport.ts";

/** Headers as Node and undici give them, names in lower case, with repeated ones joined. */
export function flatHeaders(headers: IncomingHttpHeaders): Headers {
  const flat: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}

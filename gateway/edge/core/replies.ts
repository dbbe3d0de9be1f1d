import type { WireResponse } from "../../../kernel/transport.ts";
import { WholeBody } from "../../../kernel/whole-body.ts";

/** An answer of the edge itself, in the form of the gateway's own errors. */
export function edgeError(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): WireResponse {
  const body = new WholeBody(JSON.stringify({ error: { message, type: status < 500 ? "invalid_request_error" : "server_error", param: null, code } }));
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

/**
 * Between two connections, and no business of the next (RFC 9110, 7.6.1); whoever writes the body declares its length.
 */
const hopByHop = new Set(["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect", "host"]);

export function forwardedHeaders(headers: Readonly<Record<string, string>>, dropped: readonly string[] = []): Record<string, string> {
  const named = (headers["connection"] ?? "").split(",").map((name) => name.trim().toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !dropped.includes(name) && !named.includes(name)));
}

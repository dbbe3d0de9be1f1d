import type { IncomingMessage } from "node:http";

/** Fields of one hop (RFC 9110, 7.6.1): they are not passed on. `expect` is answered by each hop's own server. */
const hopByHop: ReadonlySet<string> = new Set(["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade", "expect"]);

/**
 * Header lines as they came, names in their own case, repeated ones too, without those of the hop and those that it
 * names.
 */
export function endToEnd(message: IncomingMessage, without: readonly string[] = []): string[] {
  const named = (message.headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const dropped = new Set([...named, ...without]);
  const kept: string[] = [];
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    const name = message.rawHeaders[index]!;
    const plain = name.toLowerCase();
    if (!hopByHop.has(plain) && !dropped.has(plain)) kept.push(name, message.rawHeaders[index + 1]!);
  }
  return kept;
}

/** The path of a request behind the upstream's own. */
export function pathBehind(upstream: URL, path: string): string {
  return `${upstream.pathname.replace(/\/+$/, "")}${path}`;
}

import type { Transport } from "../../kernel/transport.ts";

/** By origin of a URL (`http://host:port`): the origin that this process reaches in its place. */
export type Egress = Readonly<Record<string, string>>;

/**
 * A transport whose requests go to where this process reaches their origin. A configuration that several processes
 * share names a provider once, while each may have a forwarder of its own to it.
 */
export function withEgress(transport: Transport, egress: Egress): Transport {
  if (Object.keys(egress).length === 0) return transport;
  return { open: (request, signal) => transport.open({ ...request, url: reachedUrl(request.url, egress) }, signal) };
}

/** The URL with the origin that is reached in place of its own. */
export function reachedUrl(url: string, egress: Egress): string {
  const origin = /^https?:\/\/[^/?#]+/.exec(url)?.[0];
  return origin !== undefined && Object.hasOwn(egress, origin) ? egress[origin]! + url.slice(origin.length) : url;
}

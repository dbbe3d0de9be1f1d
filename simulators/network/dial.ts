import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import type { Upstream } from "./address.ts";

/**
 * Dials an upstream: tries its addresses one after the other until one accepts. A refusal moves on at once. An address
 * that does not answer gets an equal share of `timeoutMs`, as in Go's dialer. The socket emits `timeout` when none has
 * accepted within that time.
 */
export function dial({ hosts, port }: Upstream, timeoutMs: number): Socket {
  const options = { port, allowHalfOpen: true, noDelay: true, timeout: timeoutMs };
  if (hosts.length === 1) return connect({ ...options, host: hosts[0] });
  const addresses = hosts.map((address) => ({ address, family: isIP(address) }));
  const lookup: LookupFunction = (_name, _options, callback) => callback(null, addresses);
  return connect({ ...options, host: "upstream", lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: Math.ceil(timeoutMs / hosts.length) });
}

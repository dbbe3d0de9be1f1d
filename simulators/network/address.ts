import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { ApiError, notLoopback } from "./api-error.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** `host:port` as people and Go write it: `127.0.0.1:80`, `[::1]:80`. */
export function formatAddress({ host, port }: Address): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Where to listen, resolved; "" is a free port of 127.0.0.1. Rejects with ApiError: 500 in Go's words for what cannot be parsed, 400 for what
 * is not loopback.
 */
export async function resolveListen(text: string, prefix = ""): Promise<Address> {
  if (text === "") return { host: "127.0.0.1", port: 0 };
  const { host, port } = splitAddress(text, (why) => new ApiError(500, prefix + why));
  return { host: await loopbackAddress("listen", text, host), port };
}

/** Where to dial, resolved once, here: the address that was judged is the address that is dialled. Rejects with ApiError 400. */
export async function resolveUpstream(text: string): Promise<Address> {
  const { host, port } = splitAddress(text, (why) => new ApiError(400, `upstream ${text} refused: ${why}`));
  return { host: await loopbackAddress("upstream", text, host), port };
}

function splitAddress(text: string, failure: (why: string) => ApiError): Address {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text);
  if (match === null) {
    throw failure(`address ${text}: ${/^\[?[^:]*\]?$/.test(text) ? "missing port in address" : "too many colons in address"}`);
  }
  const host = match[1] ?? match[2] ?? "";
  const port = match[3] ?? "";
  if (port !== "" && !/^\d+$/.test(port)) throw failure(`lookup tcp/${port}: unknown port`);
  if (Number(port) > 65_535) throw failure(`address ${port}: invalid port`);
  return { host, port: Number(port) };
}

async function loopbackAddress(what: string, text: string, host: string): Promise<string> {
  if (host === "") throw notLoopback(what, text, "no host means every interface");
  const addresses = isIP(host) === 0 ? await resolve(what, text, host) : [host];
  const foreign = addresses.find((address) => !loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"));
  if (foreign !== undefined) throw notLoopback(what, text, `${foreign} is not a loopback address`);
  return addresses.find((address) => isIP(address) === 4) ?? addresses[0]!;
}

async function resolve(what: string, text: string, host: string): Promise<string[]> {
  try {
    const found = await lookup(host, { all: true });
    if (found.length > 0) return found.map(({ address }) => address);
  } catch {
    // Told below, in one way for all that does not resolve.
  }
  throw notLoopback(what, text, `${host} does not resolve`);
}

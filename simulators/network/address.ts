import { lookup as systemLookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { ApiError, notLoopback } from "./api-error.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** All addresses of a name. Rejects when it has none. */
export type Lookup = (name: string) => Promise<readonly string[]>;

const lookupAll: Lookup = async (name) => (await systemLookup(name, { all: true })).map(({ address }) => address);

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** An address as Go writes it: `127.0.0.1:80`, `[::1]:80`. */
export function formatAddress({ host, port }: Address): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Parses and resolves a listen address. "" is a free port of 127.0.0.1. Rejects with ApiError: 500 in Go's words when
 * it cannot be parsed, 400 when it is not on loopback.
 */
export async function resolveListen(text: string, prefix = ""): Promise<Address> {
  if (text === "") return { host: "127.0.0.1", port: 0 };
  const { host, port } = splitAddress(text, (why) => new ApiError(500, prefix + why));
  const hosts = await loopbackAddresses({ what: "listen", text, host, lookup: lookupAll });
  return { host: hosts.find((address) => isIP(address) === 4) ?? hosts[0], port };
}

/** Where to dial: every address that a name resolved to, all of them loopback. They are tried in this order. */
export interface Upstream {
  readonly hosts: readonly [string, ...string[]];
  readonly port: number;
}

/** Resolves an upstream once, so that only addresses that were checked are ever dialled. Rejects with ApiError 400. */
export async function resolveUpstream(text: string, lookup: Lookup = lookupAll): Promise<Upstream> {
  const { host, port } = splitAddress(text, (why) => new ApiError(400, `upstream ${text} refused: ${why}`));
  return { hosts: await loopbackAddresses({ what: "upstream", text, host, lookup }), port };
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

interface Question {
  readonly what: "listen" | "upstream";
  /** The address as it was written. */
  readonly text: string;
  readonly host: string;
  readonly lookup: Lookup;
}

async function loopbackAddresses(question: Question): Promise<[string, ...string[]]> {
  const { what, text, host } = question;
  if (host === "") throw notLoopback(what, text, "no host means every interface");
  const addresses: [string, ...string[]] = isIP(host) === 0 ? await resolve(question) : [host];
  const foreign = addresses.find((address) => !loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"));
  if (foreign !== undefined) throw notLoopback(what, text, `${foreign} is not a loopback address`);
  return addresses;
}

async function resolve({ what, text, host, lookup }: Question): Promise<[string, ...string[]]> {
  try {
    const [first, ...others] = new Set(await lookup(host));
    if (first !== undefined) return [first, ...others];
  } catch {
    // Reported below, in the same words as a name without addresses.
  }
  throw notLoopback(what, text, `${host} does not resolve`);
}

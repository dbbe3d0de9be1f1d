import { lookup } from "node:dns/promises";
import { BlockList, connect, isIP } from "node:net";
import { LabError, messageOf } from "../../kernel/errors.ts";
import type { Pins } from "../../kernel/pinned-lookup.ts";
import { fileLimits, readText } from "../files.ts";

/** All addresses of a name. Rejects when it has none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Whether something accepts a connection there. Never rejects. */
export type Accepts = (address: string, port: number) => Promise<boolean>;

const dialTimeoutMs = 1_000;

/** Names and connections as this machine has them. */
export const system: { readonly resolve: Resolve; readonly accepts: Accepts } = {
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  accepts: (address, port) =>
    new Promise((resolve) => {
      const socket = connect({ host: address, port, timeout: dialTimeoutMs });
      const settle = (accepted: boolean) => {
        socket.destroy();
        resolve(accepted);
      };
      socket.once("connect", () => settle(true)).once("timeout", () => settle(false)).on("error", () => settle(false));
    }),
};

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** A target that the lab may use, with the addresses for which that was decided. */
export interface AllowedTarget {
  /** As it was given. */
  readonly url: string;
  /** Without brackets. */
  readonly host: string;
  /** Of its host, never empty. No other is dialled: a later change of the name changes nothing. */
  readonly addresses: readonly string[];
}

/**
 * The lab's first safety rule: it targets loopback, and what an allow-list names, and nothing else. A name is resolved
 * before the decision, and all its addresses must be loopback. An entry of `allowList` is `host` or `host:port`,
 * compared with the URL's own. Rejects with LabError `refused`: `target_forbidden`, `target_invalid`.
 */
export async function allowedTarget(target: string, allowList: readonly string[] = [], { resolve }: { readonly resolve: Resolve } = system): Promise<AllowedTarget> {
  const url = parseTarget(target);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(host) === 0 ? await addressesOf(host, target, resolve) : [host];
  const foreign = isListed(url, allowList) ? undefined : addresses.find((address) => !isLoopback(address));
  if (foreign !== undefined) throw forbidden(target, foreign);
  return { url: target, host, addresses };
}

/** What each name among these targets means for the lab's own look-ups. */
export function pinsOf(targets: readonly AllowedTarget[]): Pins {
  const names = targets.filter(({ host }) => isIP(host) === 0);
  return Object.fromEntries(names.map(({ host }) => [host, [...new Set(names.filter((other) => other.host === host).flatMap(({ addresses }) => addresses))]]));
}

/**
 * The target's URL with an address in place of a name, for whoever needs no name: of several the first that accepts a
 * connection, else the first.
 */
export async function atAddress({ url: target, host, addresses }: AllowedTarget, { accepts }: { readonly accepts: Accepts } = system): Promise<string> {
  if (isIP(host) !== 0) return target;
  const url = new URL(target);
  const address = await firstAccepting(addresses, Number(portOf(url)), accepts);
  url.hostname = isIP(address) === 6 ? `[${address}]` : address;
  return withSlashOf(target, url.href);
}

/** A server often listens at one of the addresses of `localhost` only. */
async function firstAccepting(addresses: readonly string[], port: number, accepts: Accepts): Promise<string> {
  if (addresses.length > 1) for (const address of addresses) if (await accepts(address, port)) return address;
  return addresses[0]!;
}

/**
 * True for 127.0.0.0/8, ::1, and these in IPv6's clothes. An "any" address (0.0.0.0, ::) is not loopback: it means
 * every interface.
 */
export function isLoopback(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** One `host` or `host:port` a line; `#` starts a comment. Throws LabError `refused` `allow_list_unreadable`. */
export function readAllowList(file: string): string[] {
  try {
    const lines = readText(file, fileLimits.allowListBytesMax).split("\n");
    return lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  } catch (error) {
    throw new LabError({
      exit: "refused",
      code: "allow_list_unreadable",
      message: `Cannot read the allow-list ${file}: ${messageOf(error)}`,
      hint: "Give a text file with one host or host:port a line",
      cause: error,
    });
  }
}

function parseTarget(target: string): URL {
  const url = URL.canParse(target) ? new URL(target) : null;
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "") return url;
  throw new LabError({
    exit: "refused",
    code: "target_invalid",
    message: `Cannot use "${target}" as a target: it is not an http or https URL`,
    hint: "Write it like http://127.0.0.1:8474",
  });
}

function isListed(url: URL, allowList: readonly string[]): boolean {
  const entries = allowList.map((entry) => entry.toLowerCase());
  return entries.includes(url.hostname) || entries.includes(url.host) || entries.includes(`${url.hostname}:${portOf(url)}`);
}

function portOf(url: URL): string {
  if (url.port !== "") return url.port;
  return url.protocol === "https:" ? "443" : "80";
}

async function addressesOf(host: string, target: string, resolve: Resolve): Promise<readonly string[]> {
  try {
    const addresses = await resolve(host);
    if (addresses.length > 0) return addresses;
    throw new Error(`${host} has no address`);
  } catch (error) {
    throw new LabError({
      exit: "refused",
      code: "target_forbidden",
      message: `Cannot target ${target}: its name does not resolve (${messageOf(error)})`,
      hint: "Use a loopback address, such as 127.0.0.1",
      cause: error,
    });
  }
}

function forbidden(target: string, address: string): LabError {
  return new LabError({
    exit: "refused",
    code: "target_forbidden",
    message: `Cannot target ${target}: ${address} is not a loopback address`,
    hint: "The lab breaks things: it targets 127.0.0.1 only, or a host that a file given with --allow-targets names",
  });
}

/** `URL` adds a slash to a bare origin; a base URL without one stays without. */
function withSlashOf(original: string, href: string): string {
  return !original.endsWith("/") && href.endsWith("/") ? href.slice(0, -1) : href;
}

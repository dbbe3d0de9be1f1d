import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** One internet socket of a process. */
export interface ProcessSocket {
  readonly protocol: string;
  readonly local: string;
  /** `0.0.0.0` or `::` for a listener. */
  readonly remote: string;
  readonly isListener: boolean;
}

const protocols = ["tcp", "tcp6", "udp", "udp6"] as const;
const listening = "0A";

/** The internet sockets that these processes hold at this moment. */
export function socketsOf(pids: readonly number[]): readonly ProcessSocket[] {
  const owned = new Set(pids.flatMap(inodesOf));
  return protocols.flatMap((protocol) =>
    rowsOf(protocol).flatMap(([, local = "", remote = "", state, , , , , , inode = ""]) =>
      owned.has(inode) ? [{ protocol, local: addressOf(local), remote: addressOf(remote), isListener: protocol.startsWith("tcp") && state === listening }] : [],
    ),
  );
}

function rowsOf(protocol: string): readonly (readonly string[])[] {
  const [, ...lines] = readFileSync(`/proc/net/${protocol}`, "utf8").trimEnd().split("\n");
  return lines.map((line) => line.trim().split(/\s+/));
}

/** Empty for a process that has ended. */
function inodesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []);
  } catch {
    return [];
  }
}

/** `0100007F:1F90` as `127.0.0.1`: the kernel prints words of four bytes, each in the machine's order. */
function addressOf(text: string): string {
  const bytes = text.split(":")[0]!.match(/.{8}/g)!.flatMap((word) => word.match(/../g)!.reverse().map((byte) => Number.parseInt(byte, 16)));
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[2 * index]! * 256 + bytes[2 * index + 1]!).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

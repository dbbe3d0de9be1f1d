import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";

/**
 * `node network/main.ts (pid 4711)`: the process that listens on a port of this machine. Null where that cannot be
 * known: no /proc, or a process of another user.
 */
export function portOwner(port: number): string | null {
  const inodes = new Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return null;
  const pid = namesIn("/proc").find((name) => /^\d+$/.test(name) && holds(name, inodes));
  return pid === undefined ? null : `${commandOf(pid)} (pid ${pid})`;
}

/** State 0A: listening. Ports are hexadecimal. Source: proc(5), /proc/net/tcp. */
function listeningInodes(table: string, port: number): readonly string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return textOf(table)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, local = "", , state, , , , , , inode]) => (state === "0A" && local.endsWith(`:${wanted}`) && inode !== undefined ? [inode] : []));
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  return namesIn(`/proc/${pid}/fd`).some((fd) => inodes.has(/^socket:\[(\d+)\]$/.exec(targetOf(`/proc/${pid}/fd/${fd}`))?.[1] ?? ""));
}

/**
 * The program, and the script that an interpreter runs: each process of Node is a `MainThread` to the kernel. Other
 * arguments may be secrets.
 */
function commandOf(pid: string): string {
  const [program = "", ...args] = textOf(`/proc/${pid}/cmdline`).split("\0");
  const name = path.basename(program) || textOf(`/proc/${pid}/comm`).trim() || "a process";
  const script = /^(?:node|python|bun|deno|ruby|java)/.test(name) ? args.find((arg) => /^[\w./@][\w./@-]*$/.test(arg)) : undefined;
  return script === undefined ? name : `${name} ${script.split("/").slice(-2).join("/")}`;
}

/** Processes end while they are looked at. */
function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

const namesIn = (folder: string) => orElse(() => readdirSync(folder), []);
const textOf = (file: string) => orElse(() => readFileSync(file, "utf8"), "");
const targetOf = (link: string) => orElse(() => readlinkSync(link), "");

import { readdirSync, readFileSync } from "node:fs";

export interface TreeProcess {
  readonly pid: number;
  /** Its command line, arguments parted by spaces. */
  readonly command: string;
  /** Proportional set size: its own pages, and its share of each page that it shares. */
  readonly pssBytes: number;
  /** Processor time that it has used since its start. */
  readonly cpuMs: number;
}

/**
 * The processes that descend from one, itself included. A process that was once seen is followed on when its parent
 * dies, because the lab's warden and its children outlive a conductor that was killed. Reads Linux's /proc.
 */
export class ProcessTree {
  /** Start time by pid, so that a pid that is used again is not taken for the same process. */
  readonly #seen = new Map<number, string>();

  constructor(root: number) {
    this.#seen.set(root, statOf(root)?.started ?? "");
  }

  /** Those that are alive now. */
  read(): readonly TreeProcess[] {
    const alive = new Map(pids().flatMap((pid) => {
      const stat = statOf(pid);
      return stat === null ? [] : [[pid, stat] as const];
    }));
    for (const [pid, started] of this.#seen) if (alive.get(pid)?.started !== started) this.#seen.delete(pid);
    for (let before = -1; before !== this.#seen.size; ) {
      before = this.#seen.size;
      for (const [pid, { parent, started }] of alive) if (this.#seen.has(parent)) this.#seen.set(pid, started);
    }
    return [...this.#seen.keys()].flatMap((pid) => {
      const pssBytes = pssOf(pid);
      return pssBytes === null ? [] : [{ pid, command: commandOf(pid), pssBytes, cpuMs: alive.get(pid)!.cpuMs }];
    });
  }
}

const pids = (): readonly number[] => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);

/** Linux counts processor time in parts of a second that are the same on every machine. */
const msPerTick = 10;

interface Stat {
  readonly parent: number;
  readonly started: string;
  readonly cpuMs: number;
}

/** Null for a process that is gone, or a zombie. */
function statOf(pid: number): Stat | null {
  const text = readOr(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The command's name, in brackets, may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : { parent: Number(fields[1]), started: fields[19]!, cpuMs: msPerTick * (Number(fields[11]) + Number(fields[12])) };
}

function pssOf(pid: number): number | null {
  const [, kib] = /^Pss:\s+(\d+) kB/m.exec(readOr(`/proc/${pid}/smaps_rollup`) ?? "") ?? [];
  return kib === undefined ? null : Number(kib) * 1024;
}

const commandOf = (pid: number): string => (readOr(`/proc/${pid}/cmdline`) ?? "").replaceAll("\0", " ").trim();

function readOr(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

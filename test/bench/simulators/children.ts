import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export type BenchChild = ChildProcessByStdio<Writable, Readable, null>;

/** A server under test, in its own process, which ends when its stdin closes. */
export interface BenchServer extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly child: BenchChild;
}

const readyTimeoutMs = 20_000;
/**
 * Node's cache of compiled modules, for all servers. Without it about 30 MB of each process are the TypeScript parser.
 */
const compileCache = join(tmpdir(), "blastlab-bench-compile-cache");

/** Its stderr is appended to the file `log`, if given. */
function launch(script: string, args: readonly string[], log?: string): BenchChild {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const stderr = log === undefined ? "inherit" : openSync(log, "a");
  return spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", stderr], env: { ...process.env, NODE_COMPILE_CACHE: compileCache } }) as BenchChild;
}

/**
 * Starts a server and waits for the line with its URL. `log` is a file for its stderr. Rejects when it ends first, or
 * takes too long.
 */
export async function startServer(name: string, script: string, args: readonly string[] = [], log?: string): Promise<BenchServer> {
  const child = launch(script, args, log);
  const line = await firstLine(child, name);
  const { url } = JSON.parse(line) as { url: string };
  const stop = async () => {
    if (child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.stdin.end();
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(timer);
  };
  return { name, port: Number(new URL(url).port), child, [Symbol.asyncDispose]: stop };
}

function firstLine(child: BenchChild, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`${name} did not start within ${readyTimeoutMs} ms`)), readyTimeoutMs);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code} before it was ready`)));
    child.stdout.on("data", (data: Buffer) => {
      text += data.toString();
      if (!text.includes("\n")) return;
      clearTimeout(timer);
      resolve(text.slice(0, text.indexOf("\n")));
    });
  });
}

/** Runs a script to its end and returns its output. Rejects when it fails. Kills it and rejects after `timeoutMs`. */
export async function runToEnd(script: string, args: readonly string[], timeoutMs: number): Promise<string> {
  const child = launch(script, args);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  let text = "";
  child.stdout.on("data", (data: Buffer) => (text += data.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${script} ${signal === "SIGKILL" ? `did not end within ${timeoutMs} ms` : `ended with ${code}`}`);
  return text;
}

/** CPU time of a process so far, user and system, ms (Linux: /proc, in hundredths of a second). */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Resident set of a process, bytes (Linux: /proc). */
export function residentBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  if (line === null) throw new Error(`No VmRSS of process ${pid}`);
  return Number(line[1]) * 1024;
}

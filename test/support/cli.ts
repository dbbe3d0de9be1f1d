import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Plan } from "../../kernel/plan.ts";
import type { TapLine } from "../../kernel/records.ts";
import type { Verdict } from "../../kernel/verdict.ts";

const launcher = path.resolve(import.meta.dirname, "../../lab/cli/blastlab.mjs");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line of the lab as a process, in an empty directory of its own. */
export interface Cli extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Where `--out` points. */
  readonly directory: string;
  readonly ended: Promise<Ended>;
  /** Resolves with the text printed so far, once `pattern` is in it. Rejects when the process ends without. */
  printed(pattern: RegExp): Promise<string>;
  /** Pids of processes of this run that are alive. */
  alive(): readonly number[];
}

export async function startCli(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Cli> {
  const root = await mkdtemp(path.join(tmpdir(), "blastlab-test-"));
  const directory = path.join(root, "run");
  const child = spawn(process.execPath, [launcher, ...args.map((arg) => arg.replace("{out}", directory))], {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  const alive = () => pidsIn(root);
  return {
    process: child,
    directory,
    ended,
    alive,
    printed: (pattern) => {
      const found = new Promise<string>((resolve) => {
        const look = () => {
          if (!pattern.test(stdout)) return;
          listeners.delete(look);
          resolve(stdout);
        };
        listeners.add(look);
        look();
      });
      const gone = ended.then((end) => {
        if (pattern.test(end.stdout)) return end.stdout;
        throw new Error(`It ended (exit code ${end.code}) before it printed ${pattern}:\n${end.stdout}\n${end.stderr}`);
      });
      return Promise.race([found, gone]);
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
      for (const pid of alive()) killQuietly(pid);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Runs the command line to its end. */
export async function runCli(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended & { readonly left: readonly number[] }> {
  await using cli = await startCli(args, environment);
  const end = await cli.ended;
  return { ...end, left: cli.alive() };
}

export function readPlan(directory: string): Plan {
  return JSON.parse(readFileSync(path.join(directory, "plan.json"), "utf8")) as Plan;
}

export function readVerdict(directory: string): Verdict {
  return JSON.parse(readFileSync(path.join(directory, "verdict.json"), "utf8")) as Verdict;
}

/** The records of a tap, as they stand in the file. */
export function readTap<R>(directory: string, name: string): readonly R[] {
  const lines = readFileSync(path.join(directory, "taps", `${name}.ndjson`), "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as TapLine<R> & { type: string }).filter(({ type }) => type === "record");
}

/** Whether the tap ends with its trailer. */
export function isClosed(directory: string, name: string): boolean {
  return readFileSync(path.join(directory, "taps", `${name}.ndjson`), "utf8").trimEnd().split("\n").at(-1)!.startsWith('{"type":"trailer"');
}

/** Every process of a run works in its directory or below, so that none can hide. */
function pidsIn(root: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => `${directoryOf(name)}/`.startsWith(`${root}/`))
    .map(Number);
}

/** Empty for a process that is gone, a zombie, or somebody else's. */
function directoryOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

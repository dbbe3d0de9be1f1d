import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { LabError } from "../../kernel/errors.ts";

const root = path.resolve(import.meta.dirname, "../..");

export interface Child extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Why it is gone; null: it runs. */
  ended(): string | null;
}

export interface ChildOptions {
  readonly config: string;
  readonly nodeOptions?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Gets each line of its stderr. */
  readonly onLog?: (line: string) => void;
}

/**
 * A process of ours (docs/ARCHITECTURE.md, "Processes of a live run"), once it is ready. Its stdin is its lifeline: it
 * does not outlive this process.
 */
export async function startChild(entry: string, { config, nodeOptions = [], environment = {}, onLog = () => {} }: ChildOptions): Promise<Child> {
  const child = spawn(process.execPath, [...nodeOptions, path.join(root, entry), "--config", config], { stdio: ["pipe", "pipe", "pipe"], env: { PATH: process.env["PATH"], ...environment } });
  let gone: string | null = null;
  const exited = once(child, "exit").then(([code, signal]) => (gone = `${entry} ended with ${code ?? signal}`));
  createInterface(child.stderr).on("line", onLog);
  const line = await Promise.race([once(createInterface(child.stdout), "line").then(([first]) => String(first)), exited.then((why) => JSON.stringify({ message: why }))]);
  const ready = JSON.parse(line) as { ready?: boolean; url?: string; message?: string };
  if (ready.ready !== true || ready.url === undefined) throw new LabError({ exit: "failed", code: "start_failed", message: `Cannot start ${entry}: ${ready.message ?? line}`, hint: "see what it printed" });
  return {
    url: ready.url,
    pid: child.pid!,
    ended: () => gone,
    [Symbol.asyncDispose]: async () => {
      if (gone === null) child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await exited;
      clearTimeout(patience);
    },
  };
}

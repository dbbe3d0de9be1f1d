import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

const root = path.resolve(import.meta.dirname, "../..");

export interface Child {
  readonly url: string;
  kill(): Promise<void>;
}

/** A part of the product as a process of its own. Resolves to its refusal where it does not start. */
export async function startChild(entry: string, file: string, environment: Readonly<Record<string, string>>): Promise<Child | { readonly refused: string }> {
  const child = spawn(process.execPath, [path.join(root, entry), "--config", file], { stdio: ["pipe", "pipe", "ignore"], env: { PATH: process.env["PATH"], ...environment } });
  const exited = once(child, "exit");
  const line = await Promise.race([once(createInterface(child.stdout), "line").then(([first]) => String(first)), exited.then(() => "{}")]);
  const ready = JSON.parse(line) as { readonly ready?: boolean; readonly url?: string; readonly message?: string };
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  if (ready.ready === true && ready.url !== undefined) return { url: ready.url, kill };
  await kill();
  return { refused: ready.message ?? "it ended before it was ready" };
}

export async function started(entry: string, file: string, environment: Readonly<Record<string, string>>): Promise<Child> {
  const child = await startChild(entry, file, environment);
  if ("refused" in child) throw new Error(`${entry} does not start: ${child.refused}`);
  return child;
}

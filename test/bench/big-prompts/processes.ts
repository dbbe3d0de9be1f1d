import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Block } from "./client.ts";
import type { Measured } from "./meter.ts";

/** A process of the bench, which measures itself. */
export interface Metered extends AsyncDisposable {
  readonly url: string;
  reset(): void;
  read(): Promise<Measured>;
  /** Of a client: the times of its answers, ms. */
  run(block: Block): Promise<readonly number[]>;
}

const meter = new URL("meter.ts", import.meta.url).href;

/** Starts a script, relative to this folder, and waits for its ready line. */
export async function startMetered(script: string, args: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Promise<Metered> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ["--import", meter, file, ...args], {
    stdio: ["pipe", "pipe", "pipe", "ipc"],
    env: { PATH: process.env["PATH"], ...environment },
  });
  let log = "";
  child.stderr!.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-2_000)));
  const exited = once(child, "exit");
  const ended = exited.then((): never => {
    throw new Error(`${script} ended: ${log}`);
  });
  ended.catch(() => {});
  const [line] = (await Promise.race([once(createInterface(child.stdout!), "line"), ended])) as [string];
  const ready = JSON.parse(line) as { ready: boolean; url?: string; message?: string };
  if (!ready.ready) throw new Error(`Cannot start ${script}: ${ready.message}`);
  const asked = async <T>(message: object | "read"): Promise<T> => {
    const answered = once(child, "message");
    child.send(message);
    const [answer] = (await Promise.race([answered, ended])) as [T];
    return answer;
  };
  return {
    url: ready.url ?? "",
    reset: () => void child.send("reset"),
    read: () => asked<Measured>("read"),
    run: (block) => asked<readonly number[]>(block),
    [Symbol.asyncDispose]: async () => {
      child.stdin!.end();
      await exited;
    },
  };
}

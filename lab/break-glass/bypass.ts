import { spawn } from "node:child_process";
import { homedir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { LabError } from "../../kernel/errors.ts";
import { childEnvironment } from "../child-environment.ts";

const entry = fileURLToPath(new URL("../../bypass/main.ts", import.meta.url));

/** Where the installation is, where no option names it. */
export function installationFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const named = environment["BLASTLAB_BREAK_GLASS_DIR"];
  return named === undefined || named === "" ? path.join(homedir(), ".config", "blastlab", "break-glass") : named;
}

/**
 * Runs one command of the bypass, a program that shares nothing with the gateway or the lab. `input` goes to its stdin
 * as a line of JSON. Throws `LabError` with its refusal.
 */
export async function bypass<T>(command: string, options: Readonly<Record<string, string>>, input?: object): Promise<T> {
  // In one word: a reason may begin with a dash.
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, [entry, command, ...args], { stdio: ["pipe", "pipe", "pipe"], env: childEnvironment() });
  child.stdin.on("error", () => {});
  child.stdin.end(input === undefined ? "" : `${JSON.stringify(input)}\n`);
  const [output, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const answer = answerOf(output);
  if (answer?.ok === true) return answer as T;
  throw new LabError({ exit: "refused", code: answer?.code ?? "bypass_failed", message: answer?.message ?? `The bypass ended without an answer: ${trouble.slice(0, 500)}`, hint: answer?.hint ?? "run it by hand: node bypass/main.ts" });
}

function answerOf(output: string): { ok: boolean; code?: string; message?: string; hint?: string } | null {
  try {
    return JSON.parse(output.split("\n")[0] ?? "") as { ok: boolean };
  } catch {
    return null;
  }
}

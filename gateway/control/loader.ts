import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const gatewayMain = fileURLToPath(new URL("../main.ts", import.meta.url));

/** A loader that takes longer hangs. */
const checkMsMax = 30_000;

/**
 * What the data plane's own program says about a configuration: null when it would run it, else why not. Also a crash
 * and a hang are answers.
 */
export async function checkByLoader(config: object, signal: AbortSignal): Promise<string | null> {
  using file = configFile(config);
  const child = spawn(process.execPath, [gatewayMain, "--check", file.path], { stdio: ["ignore", "ignore", "pipe"], signal, killSignal: "SIGKILL", timeout: checkMsMax });
  const closed = new Promise<{ readonly code: number | null; readonly error?: Error }>((resolve) => child.once("error", (error) => resolve({ code: null, error })).once("close", (code) => resolve({ code })));
  const [{ code, error }, problems] = await Promise.all([closed, text(child.stderr)]);
  signal.throwIfAborted();
  if (code === 0) return null;
  if (error !== undefined) return error.message;
  const details = problemsIn(problems, file.path).join("; ");
  return code === null ? `--check was ended after ${checkMsMax / 1_000} s: ${details}` : details || `--check ended with code ${code}`;
}

/** The loader's first lines; positions in a file that nobody else sees say nothing. */
function problemsIn(text: string, file: string): readonly string[] {
  const lines = text.trim().split("\n").filter((line) => !line.startsWith("hint: "));
  return lines.slice(0, 5).map((line) => (line.startsWith(`${file}:`) ? line.slice(file.length).replace(/^(:\d+)+ /, "") : line));
}

/** Runs a data plane with this configuration until it is disposed of. Throws where it does not start. */
export async function startDataPlane(config: object, signal: AbortSignal): Promise<AsyncDisposable & { readonly url: string }> {
  const file = configFile(config);
  const child = spawn(process.execPath, [gatewayMain, "--config", file.path], { stdio: ["pipe", "pipe", "ignore"], signal, killSignal: "SIGKILL" });
  const closed = new Promise<void>((resolve) => child.once("error", () => resolve()).once("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGKILL");
    await closed;
    file[Symbol.dispose]();
  };
  try {
    return { url: await readyUrl(child, AbortSignal.any([signal, AbortSignal.timeout(checkMsMax)])), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readyUrl(child: ChildProcess, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let printed = "";
  child.stdout!.on("data", (part) => {
    printed += String(part);
    if (!printed.includes("\n")) return;
    const line = JSON.parse(printed.slice(0, printed.indexOf("\n"))) as { readonly ready: boolean; readonly url?: string; readonly message?: string };
    if (line.ready && line.url !== undefined) resolve(line.url);
    else reject(new Error(line.message ?? "it did not start"));
  });
  child.once("error", reject).once("close", (code) => reject(new Error(`it ended with code ${code} before it was ready`)));
  signal.addEventListener("abort", () => reject(new Error("it was not ready in time")), { once: true });
  return promise;
}

function configFile(config: object): Disposable & { readonly path: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-control-"));
  const file = path.join(folder, "candidate.json");
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return { path: file, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

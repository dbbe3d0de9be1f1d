import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { scanDirectory } from "../../test/support/secret-scan.ts";
import { bareEnvironment } from "../../test/support/environment.ts";

const secret = "sk-planted-memory-0a1b2c3d4e5f6789";

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "blastlab-dumps-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function run(at: string, args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const child = spawn("/bin/sh", ["-c", 'ulimit -c unlimited; exec "$@"', "sh", process.execPath, ...args], { cwd: at, stdio: ["pipe", "pipe", "pipe"], env: bareEnvironment(environment) });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function firstLine(child: ChildProcess): Promise<Record<string, unknown>> {
  const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
  return JSON.parse(line) as Record<string, unknown>;
}

/** A vault that holds the planted secret as a variable and as the value of a secret. */
function vault(at: string, nodeOptions: readonly string[] = [], environment: Record<string, string> = {}): ChildProcess {
  const keys = { MASTER: randomBytes(32).toString("hex"), PLANE: secret, OPERATOR: "operator-key" };
  writeFileSync(path.join(at, "vault.yaml"), JSON.stringify({ region: "a", folder: "vault", masterKey: "env:MASTER", planeKey: "env:PLANE", operatorKey: "env:OPERATOR" }));
  return run(at, [...nodeOptions, path.resolve(import.meta.dirname, "../vault/main.ts"), "--config", "vault.yaml"], { ...keys, ...environment });
}

const pattern = process.platform === "linux" ? readFileSync("/proc/sys/kernel/core_pattern", "utf8").trim() : "";
const coresAreHere = /^[\w.%-]+$/.test(pattern);

async function abort(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGABRT");
  await ended;
}

test.skipIf(!coresAreHere)("withoutDumps: a core file of the process holds no secret; one of a plain process would", async () => {
  const [at, plain] = [folder(), folder()];
  const child = vault(at);
  await firstLine(child);
  await abort(child);
  expect(scanDirectory(at, { secret }).leaks).toEqual([]);
  const control = run(plain, ["-e", `process.stdin.resume(); console.log("{}")`], { PLANE: secret });
  await firstLine(control);
  await abort(control);
  expect(scanDirectory(plain, { secret }).leaks.map(({ form }) => form)).toContain("clear");
});

test.each([["--heapsnapshot-signal=SIGUSR2"], ["--heapsnapshot_near_heap_limit=1"], ["--heap-prof"], ["--inspect=0"], ["--abort-on-uncaught-exception"]])("withoutDumps: a start with %s is refused", async (option) => {
  expect(await firstLine(vault(folder(), [option]))).toMatchObject({ ready: false, code: "memory_dumps_on" });
});

test("withoutDumps: neither NODE_OPTIONS nor a signal opens the memory", async () => {
  expect(await firstLine(vault(folder(), [], { NODE_OPTIONS: "--heap-prof --no-warnings" }))).toMatchObject({ ready: false, code: "memory_dumps_on" });
  const at = folder();
  const child = vault(at);
  let log = "";
  child.stderr!.on("data", (part) => (log += String(part)));
  const { url } = await firstLine(child);
  child.kill("SIGUSR1");
  expect(await (await fetch(`${String(url)}/health/live`)).json()).toEqual({ ok: true, sealed: false });
  await abort(child);
  expect(log).not.toContain("Debugger listening");
});

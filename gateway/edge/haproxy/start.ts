import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../../../kernel/errors.ts";
import { listenBacklog } from "../../../kernel/listen.ts";
import type { EdgeFile } from "../config.ts";
import type { EdgeEngine, EngineOptions } from "../engine.ts";
import { findHaproxy } from "./find.ts";
import { Pilot } from "./pilot.ts";
import { renderHaproxy } from "./render.ts";
import { RuntimeSocket } from "./runtime.ts";

const startMs = 10_000;
const pollMs = 100;
const startsMax = 5;

/** HAProxy as the edge's engine, in this process's group, so that signals to the group reach both. */
export async function startHaproxy(file: EdgeFile, environment: Readonly<NodeJS.ProcessEnv>, options: EngineOptions): Promise<EdgeEngine> {
  if (file.listen.port !== 0) return startAt(file.listen.port, file, environment, options);
  // HAProxy cannot say which port it got. One that was free a moment ago may be another program's by now.
  for (let starts = 1; ; starts++) {
    try {
      return await startAt(await freePort(file.listen.host), file, environment, options);
    } catch (error) {
      if (!(error instanceof LabError) || error.code !== "port_in_use" || starts >= startsMax) throw error;
    }
  }
}

async function startAt(port: number, file: EdgeFile, environment: Readonly<NodeJS.ProcessEnv>, { log, gatewayKey }: EngineOptions): Promise<EdgeEngine> {
  const { binary, version } = findHaproxy(environment);
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-edge-"));
  const socket = new RuntimeSocket(path.join(folder, "runtime.sock"));
  writeFileSync(path.join(folder, "haproxy.cfg"), renderHaproxy(file, { port, socket: path.join(folder, "runtime.sock") }));
  const child = spawn(binary, ["-db", "-f", path.join(folder, "haproxy.cfg")], { stdio: ["ignore", "pipe", "pipe"] });
  const pilot = new Pilot(file, socket, { log, gatewayKey });
  const trouble = logOutput(child, { log, onRequest: (line) => pilot.logged(line) });
  await started(child, socket, trouble);
  log(JSON.stringify({ event: "engine_started", engine: "haproxy", version }));
  pilot.start();
  let isClosing = false;
  child.once("exit", (code) => {
    rmSync(folder, { recursive: true, force: true });
    if (isClosing) return;
    log(JSON.stringify({ event: "engine_died", code }));
    process.exit(1);
  });
  return {
    url: `http://${file.listen.host}:${port}`,
    state: () => pilot.state(),
    setDraining: (name, isDraining) => pilot.setDraining(name, isDraining),
    setWeight: (name, percent) => pilot.setWeight(name, percent),
    metrics: () => pilot.metrics(),
    close: async () => {
      isClosing = true;
      await pilot.stop();
      child.kill("SIGUSR1");
      await once(child, "exit");
    },
  };
}

/** Its stdout has a line a request; its stderr goes to the log. Returns the last of that. */
function logOutput(child: ChildProcess, { log, onRequest }: { log: (line: string) => void; onRequest: (line: string) => void }): () => string {
  let last = "";
  createInterface({ input: child.stdout! }).on("line", onRequest);
  createInterface({ input: child.stderr! }).on("line", (line) => {
    last = `${last}${line}\n`.slice(-2_000);
    if (line.trim() !== "") log(JSON.stringify({ event: "haproxy", line }));
  });
  return () => last.trim();
}

async function started(child: ChildProcess, socket: RuntimeSocket, trouble: () => string): Promise<void> {
  const untilMs = performance.now() + startMs;
  while (child.exitCode === null && performance.now() < untilMs) {
    const isUp = await socket.command("show info").then(() => true, () => false);
    if (isUp) return;
    await sleep(pollMs / 4);
  }
  child.kill("SIGKILL");
  const isTaken = /cannot bind|Address already in use/i.test(trouble());
  throw new LabError({
    exit: "failed",
    code: isTaken ? "port_in_use" : "engine_failed",
    message: `Cannot start the edge: HAProxy did not start: ${trouble()}`,
    hint: isTaken ? "set listen.port to a free port, or to 0 for any" : "see the edge's log, or set engine: embedded",
  });
}

async function freePort(host: string): Promise<number> {
  const probe = createServer().listen({ port: 0, host, backlog: listenBacklog });
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

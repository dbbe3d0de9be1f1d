import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import { listenBacklog } from "../../../kernel/listen.ts";
import type { EdgeFile } from "../config.ts";
import type { Change } from "../core/edge.ts";
import type { ReplicaState } from "../core/state.ts";
import type { EdgeEngine, EngineState } from "../engine.ts";
import { stateMetrics } from "../metrics.ts";
import { findHaproxy } from "./find.ts";
import { WeightRamp } from "./ramp.ts";
import { renderHaproxy } from "./render.ts";
import { RuntimeSocket, type ServerStat } from "./runtime.ts";

const startMs = 10_000;
const pollMs = 100;

/** HAProxy as the edge's engine, in this process's group, so that signals to the group reach both. */
export async function startHaproxy(file: EdgeFile, environment: Readonly<NodeJS.ProcessEnv>, log: (line: string) => void): Promise<EdgeEngine> {
  const { binary, version } = findHaproxy(environment);
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-edge-"));
  const port = file.listen.port === 0 ? await freePort(file.listen.host) : file.listen.port;
  const socket = new RuntimeSocket(path.join(folder, "runtime.sock"));
  writeFileSync(path.join(folder, "haproxy.cfg"), renderHaproxy(file, { port, socket: path.join(folder, "runtime.sock") }));
  const child = spawn(binary, ["-db", "-f", path.join(folder, "haproxy.cfg")], { stdio: ["ignore", "pipe", "pipe"] });
  const trouble = logOutput(child, log);
  await started(child, socket, trouble);
  log(JSON.stringify({ event: "engine_started", engine: "haproxy", version }));
  const ramp = new WeightRamp(socket, file.ramp);
  const watching = watch(file, socket, { ramp, log });
  let isClosing = false;
  child.once("exit", (code) => {
    rmSync(folder, { recursive: true, force: true });
    if (isClosing) return;
    log(JSON.stringify({ event: "engine_died", code }));
    process.exit(1);
  });
  const close = async () => {
    isClosing = true;
    watching.stop();
    child.kill("SIGUSR1");
    await once(child, "exit");
  };
  return engineOf(file, socket, { ramp, port, close });
}

function engineOf(file: EdgeFile, socket: RuntimeSocket, { ramp, port, close }: { ramp: WeightRamp; port: number; close: () => Promise<void> }): EdgeEngine {
  const state = async (): Promise<EngineState> => {
    const servers = await socket.servers();
    return { engine: "haproxy", region: file.region, replicas: servers.map((server) => replicaState(file, server, ramp)) };
  };
  const change = async (name: string, isRemoval: boolean, apply: (id: string) => Promise<void>): Promise<Change> => {
    const { replicas } = await state();
    const named = replicas.filter(({ id, region }) => id === name || region === name);
    if (named.length === 0) return "unknown";
    if (isRemoval && !replicas.some((other) => !named.includes(other) && other.share > 0 && other.weightPercent > 0)) return "last";
    for (const { id } of named) await apply(id);
    await ramp.review(await socket.servers(), performance.now());
    return "done";
  };
  return {
    url: `http://${file.listen.host}:${port}`,
    state,
    setDraining: (name, isDraining) => change(name, isDraining, (id) => socket.order(`set server replicas/${id} state ${isDraining ? "drain" : "ready"}`)),
    setWeight: (name, percent) => change(name, percent === 0, (id) => ramp.setPercent(id, percent)),
    metrics: async () => {
      const servers = await socket.servers();
      const counter = (name: string, valueOf: (server: ServerStat) => number) => `# TYPE ${name} counter\n${servers.map((server) => `${name}{replica="${server.id}"} ${valueOf(server)}\n`).join("")}`;
      return counter("blastlab_edge_replica_requests_total", ({ requests }) => requests) + counter("blastlab_edge_replica_retries_total", ({ retries }) => retries) + stateMetrics(await state());
    },
    close,
  };
}

function replicaState(file: EdgeFile, { id, isUp, isDraining, inFlight }: ServerStat, ramp: WeightRamp): ReplicaState {
  const region = file.regions.find(({ replicas }) => replicas.some((replica) => replica.id === id))!.name;
  const share = ramp.share(id);
  const state = isDraining ? "draining" : !isUp ? "down" : share < 1 ? "ramp" : "in";
  return { id, region, state, kept: null, share: isUp && !isDraining ? share : 0, weightPercent: ramp.percent(id), inFlight };
}

/** Looks at the servers as often as they are checked, and moves the ramp. */
function watch(file: EdgeFile, socket: RuntimeSocket, { ramp, log }: { ramp: WeightRamp; log: (line: string) => void }): { stop(): void } {
  const timer = setInterval(() => {
    socket
      .servers()
      .then((servers) => ramp.review(servers, performance.now()))
      .catch((error: unknown) => log(JSON.stringify({ event: "runtime_socket_failed", message: messageOf(error) })));
  }, Math.min(pollMs, file.health.intervalMs));
  return { stop: () => clearInterval(timer) };
}

/** Passes its lines on to the log; returns the last ones. */
function logOutput(child: ChildProcess, log: (line: string) => void): () => string {
  let last = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      last = `${last}${text}`.slice(-2_000);
      for (const line of text.split("\n").filter((part) => part.trim() !== "")) log(JSON.stringify({ event: "haproxy", line }));
    });
  }
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

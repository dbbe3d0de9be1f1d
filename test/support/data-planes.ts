import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { hashOf, type ConfigPackage } from "../../gateway/config/package.ts";

const main = path.resolve(import.meta.dirname, "../../gateway/main.ts");
const planeKey = "plane-key-of-the-test";

/** A configuration whose one deployment is at `provider`. */
export function gatewayConfig(provider: string) {
  return {
    keys: [{ key: "vk", team: "a", feature: "f" }],
    deployments: [{ name: "d", dialect: "openai", model: "m", baseUrl: `${provider}/v1`, credential: "env:K" }],
    routes: [{ name: "chat", deployments: ["d"] }],
  };
}

/** A package whose content differs by its version. */
export function packageOf(version: number, config: object, changes: object = {}): ConfigPackage {
  const content = { parent: null, config: { ...config, heartbeatMs: 10_000 + version, ...changes } };
  return { version, hash: hashOf(content, createHash), madeAt: 0, ...content };
}

async function listening(listener: RequestListener): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** A provider that answers everything. */
export async function startProvider(): Promise<string> {
  const answer = JSON.stringify({ id: "a", object: "chat.completion", model: "m", choices: [{ index: 0, message: { role: "assistant", content: "one" }, finish_reason: "stop" }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } });
  return (await listening((request, response) => void request.resume().once("end", () => response.writeHead(200, { "content-type": "application/json" }).end(answer)))).url;
}

interface ReceivedAck {
  readonly plane: string;
  readonly hash: string;
  readonly accepted: boolean;
  readonly reason?: string;
}

/**
 * A control plane that offers the same to all and keeps what it is told. Emits `PLANE NAME` for each request that it
 * gets, and `PLANE NAME_answered` once it has answered.
 */
export async function startControl() {
  const acks: ReceivedAck[] = [];
  const moments = new EventEmitter();
  const state: { current: ConfigPackage | null; candidate: { package: ConfigPackage; share: number } | null } = { current: null, candidate: null };
  const holds = new Map<string, Promise<void>>();
  /** From now on this plane's requests for the feed wait, until the returned function is called. */
  const hold = (plane: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    holds.set(plane, promise);
    return resolve;
  };
  const { url, close } = await listening((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://control");
    if (request.headers.authorization !== `Bearer ${planeKey}`) return void response.writeHead(401).end();
    const name = pathname.slice("/v1/".length);
    const answer = (plane: string, body: string) => {
      moments.emit(`${plane} ${name}`);
      if (!response.destroyed) response.writeHead(body === "" ? 204 : 200).end(body, () => moments.emit(`${plane} ${name}_answered`));
    };
    if (request.method === "GET") {
      const plane = searchParams.get("plane")!;
      const revision = [state.current?.hash, state.candidate?.package.hash, state.candidate?.share].join();
      const answerFeed = () => answer(plane, JSON.stringify({ revision, ...state }));
      return void (holds.get(plane) ?? Promise.resolve()).then(answerFeed);
    }
    void json(request).then((body) => {
      const ack = body as ReceivedAck;
      if (name === "acks") acks.push(ack);
      answer(ack.plane, "");
    });
  });
  const acknowledgedBy = (plane: string) => new Set(acks.filter((ack) => ack.plane === plane && ack.accepted).map(({ hash }) => hash));
  return { state, acks, moments, hold, close, url, acknowledgedBy };
}

type TestControl = Awaited<ReturnType<typeof startControl>>;

interface PackagesState {
  readonly candidate: { readonly hash: string } | null;
  readonly current: string | null;
  readonly diskTrouble: string | null;
  readonly isConnected: boolean;
}

/**
 * A data plane that can be started again and again, with its folder. Its files and log events are moments of the
 * control plane's, as `PLANE NAME`.
 */
export function dataPlane(control: TestControl, config: object, plane = "p1") {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-plane-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "gateway.json");
  const kept = path.join(folder, "packages");
  writeFileSync(file, JSON.stringify({ ...config, admin: { open: true }, drainMs: 0, control: { url: control.url, key: "env:PLANE_KEY", plane, folder: kept } }));
  const say = (moment: string) => void control.moments.emit(`${plane} ${moment}`);
  const watchFiles = () => {
    mkdirSync(kept, { recursive: true });
    const watcher = watch(kept, (_, name) => say(name ?? ""));
    onTestFinished(() => watcher.close());
  };
  const start = async () => {
    const child = spawn(process.execPath, [main, "--config", file], { env: { ...process.env, K: "k", PLANE_KEY: planeKey }, stdio: ["pipe", "pipe", "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    createInterface(child.stderr).on("line", (line) => say((JSON.parse(line) as { event?: string }).event ?? "line"));
    for await (const line of createInterface(child.stdout)) {
      const ready = JSON.parse(line) as { ready: boolean; url: string; message?: string };
      if (!ready.ready) throw new Error(ready.message);
      const packages = async () => ((await (await fetch(`${ready.url}/admin/state`)).json()) as { packages: PackagesState }).packages;
      const ask = async (model = "chat") => {
        const answer = await fetch(`${ready.url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer vk" }, body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] }) });
        await answer.text();
        return { status: answer.status, package: answer.headers.get("x-blastlab-package") };
      };
      const kill = async () => {
        child.kill("SIGKILL");
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      };
      return { url: ready.url, packages, ask, kill };
    }
    throw new Error("The gateway ended before it was ready");
  };
  return { start, kept, watchFiles };
}

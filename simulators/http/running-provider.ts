import { mkdtempSync, rmSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlannedPhase } from "../../kernel/plan.ts";
import { configOf } from "../core/examples.ts";
import { startProvider, type Provider, type ProviderConfig } from "./provider.ts";

/** For tests: a running provider, and clients that see its raw connections. */

/** A folder that is removed at the end of the test. */
export function temporaryFolder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "blastlab-simulator-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface RunningProvider extends Provider, AsyncDisposable {
  readonly tapPath: string;
}

/** A provider on a free port with a first token after about 20 ms. Its run has not begun. */
export async function runProvider(
  phases: readonly Partial<PlannedPhase>[] = [],
  deployment: Partial<ProviderConfig["deployment"]> = {},
  tap = "wire-primary.ndjson",
): Promise<RunningProvider> {
  const folder = temporaryFolder();
  const base = configOf(...phases);
  const latency = { firstTokenMsP50: 20, firstTokenSigma: 0.1, tokensPerSecond: 1000, source: "made up for the tests" };
  const tapPath = join(folder.path, tap);
  const provider = await startProvider({
    ...base,
    deployment: { ...base.deployment, latency, ...deployment },
    run: "test-run",
    listen: { host: "127.0.0.1", port: 0 },
    tap: tapPath,
  });
  const dispose = async () => {
    await provider.close();
    folder[Symbol.dispose]();
  };
  return { ...provider, tapPath, [Symbol.asyncDispose]: dispose };
}

/** `POST` with JSON to a control route. */
export async function control(provider: Provider, route: "begin" | "end", body: unknown = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${provider.url}/control/${route}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const headers = { authorization: "Bearer key", "content-type": "application/json" };

/** Sends a chat request with node:http. Resolves with the response when its headers arrive. */
export function ask(url: string, id: string, body: Readonly<Record<string, unknown>> = {}): Promise<IncomingMessage> {
  const json = { model: "gpt-test", messages: [{ role: "user", content: "hello" }], max_tokens: 5, ...body };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/v1/chat/completions`, { method: "POST", agent: false, headers: { ...headers, "x-client-request-id": id } });
    outgoing.once("response", resolve).once("error", reject).end(JSON.stringify(json));
  });
}

/** How a connection ended, in TCP's terms, and the text before. */
export interface RawEnd {
  readonly end: "fin" | "rst";
  readonly text: string;
}

/** Sends a chat request over a bare socket and reads until the server ends the connection. */
export function askRaw(url: string, id: string, body: Readonly<Record<string, unknown>> = {}): Promise<RawEnd> {
  const json = JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: "hello" }], max_tokens: 5, ...body });
  const { hostname, port } = new URL(url);
  const socket: Socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const lines = [
    "POST /v1/chat/completions HTTP/1.1",
    `host: ${hostname}`,
    "authorization: Bearer key",
    `x-client-request-id: ${id}`,
    `content-length: ${Buffer.byteLength(json)}`,
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n${json}`);
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.once("end", () => {
      socket.destroy();
      resolve({ end: "fin", text });
    });
    socket.once("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? resolve({ end: "rst", text }) : reject(error)));
  });
}

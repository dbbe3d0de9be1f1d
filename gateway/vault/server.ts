import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { liveClock } from "../../kernel/clock-live.ts";
import { LabError } from "../../kernel/errors.ts";
import { checkListenHost, isOnOwnNetwork } from "../../kernel/own-network.ts";
import { listenBacklog } from "../../kernel/listen.ts";
import { neverSignal } from "../../kernel/signal.ts";
import type { Handler } from "../../kernel/transport.ts";
import { foreignRequest } from "../../kernel/foreign-request.ts";
import { adminAccess, type AdminAccess } from "../http/admin-access.ts";
import { cannotListen } from "../http/listening.ts";
import { metricsContentType } from "../http/metrics-text.ts";
import { liveSecrets } from "../http/secrets.ts";
import { vaultHandler, type VaultRole } from "./core/handler.ts";
import { Vault, VaultRefusal } from "./core/vault.ts";
import type { VaultFile } from "./config.ts";
import { sha256, vaultFolder } from "./disk.ts";
import { EnvelopeKey } from "./envelope.ts";
import { VaultCounts, vaultMetrics } from "./metrics.ts";
import { readKey } from "./key-reference.ts";

export interface VaultProcess {
  readonly url: string;
  close(): Promise<void>;
}

/** Of a request. A secret has at most 64 KiB, and JSON may need six characters for one. */
const bodyBytesMax = 512 * 1024;

/**
 * A vault on its folder, listening. Throws `LabError` where it cannot start; a master key that cannot be used is no
 * such case: it starts sealed.
 */
export async function startVault(file: VaultFile, environment: Readonly<Record<string, string | undefined>>, writeLine: (line: string) => void): Promise<VaultProcess> {
  checkListenHost(file.listen.host, environment);
  const clock = liveClock();
  const keys = { plane: readKey(file.planeKey, environment), operator: readKey(file.operatorKey, environment) };
  if (keys.plane === keys.operator) throw new LabError({ exit: "refused", code: "config_invalid", message: "planeKey and operatorKey are the same key", hint: "a data plane must not be able to unseal or rotate: use two keys" });
  const master = new EnvelopeKey(() => readKey(file.masterKey, environment));
  const counts = new VaultCounts();
  const vault = openVault(file, { clock, master, counts });
  if (vault.isSealed) writeLine(JSON.stringify({ event: "vault_sealed", reason: vault.status().reason ?? "an operator sealed it" }));
  const onOwnNetwork = isOnOwnNetwork(environment);
  const handler = vaultHandler({ vault, clock, roleOf: roleOf(keys), leasesPerMinute: file.leasesPerMinute, onOwnNetwork });
  const mayRead = adminAccess(file.metrics, liveSecrets(environment, clock));
  const metrics = (request: IncomingMessage, response: ServerResponse) => serveMetrics(request, response, { mayRead, onOwnNetwork, text: () => vaultMetrics(vault, counts) });
  const server = createServer((request, response) => void (request.url === "/metrics" ? metrics(request, response) : serve(request, response, { handler, writeLine })));
  server.listen({ host: file.listen.host, port: file.listen.port, backlog: listenBacklog });
  await once(server, "listening").catch((error: unknown) => Promise.reject(cannotListen(error, file.listen.port, { part: "the vault", setting: "listen" })));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => closeServer(server, master) };
}

function openVault(file: VaultFile, { clock, master, counts }: { clock: ReturnType<typeof liveClock>; master: EnvelopeKey; counts: VaultCounts }): Vault {
  const { region, leaseMs, graceMs } = file;
  try {
    return new Vault({ region, terms: { leaseMs, graceMs } }, { clock, master, disk: counts.counting(vaultFolder(file.folder)), digest: sha256, randomId: randomUUID });
  } catch (error) {
    if (!(error instanceof VaultRefusal)) throw error;
    throw new LabError({ exit: "refused", code: error.code, message: error.message, hint: "name the region's own folder" });
  }
}

function roleOf(keys: Readonly<Record<VaultRole, string>>): (bearer: string) => VaultRole | null {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const roles = (Object.keys(keys) as VaultRole[]).map((role) => ({ role, digest: digest(keys[role]) }));
  return (bearer) => {
    const given = digest(bearer);
    return roles.filter((each) => timingSafeEqual(each.digest, given))[0]?.role ?? null;
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, { handler, writeLine }: { handler: Handler; writeLine: (line: string) => void }): Promise<void> {
  try {
    const body = await bodyOf(request);
    if (body === null) return void response.writeHead(413, { connection: "close" }).end();
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const answer = await handler({ method: request.method ?? "GET", path: request.url ?? "/", headers, body }, neverSignal);
    response.writeHead(answer.status, answer.headers);
    for await (const chunk of answer.body) response.write(chunk);
    response.end();
  } catch (error) {
    // A message may quote what was being sealed: only where it happened is logged.
    if (!request.destroyed) writeLine(JSON.stringify({ event: "bug", path: request.url, at: error instanceof Error ? error.stack?.split("\n").slice(1, 4) : null }));
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  }
}

/** A page of a browser is refused, unless it has the key. */
async function serveMetrics(request: IncomingMessage, response: ServerResponse, { mayRead, onOwnNetwork, text }: { mayRead: AdminAccess; onOwnNetwork: boolean; text: () => string }): Promise<void> {
  request.resume();
  const { authorization, host, origin } = request.headers;
  const access = await mayRead(authorization);
  const foreign = access === "by_key" ? null : foreignRequest({ host, origin, contentType: undefined, hasBody: false }, { onOwnNetwork });
  if (foreign !== null) response.writeHead(foreign.status).end();
  else if (access === "refused") response.writeHead(401, { "www-authenticate": "Bearer" }).end();
  else if (request.method !== "GET") response.writeHead(405, { allow: "GET" }).end();
  else response.writeHead(200, { "content-type": metricsContentType, "cache-control": "no-store" }).end(text());
}

/** Null: longer than any request of the API. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function closeServer(server: Server, master: EnvelopeKey): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeAllConnections();
  master.forget();
  return closed;
}

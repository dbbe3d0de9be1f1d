import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { liveClock } from "../../kernel/clock-live.ts";
import { blackHole } from "./fixtures/black-hole.ts";
import { parseBody } from "./body.ts";
import { newProxy, type Proxy } from "./proxy.ts";
import { untilPasses } from "../../test/support/until-passes.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    cleanups.push(() => void socket.destroy());
    onConnection(socket.on("error", () => {}));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => closed(server));
  return (server.address() as AddressInfo).port;
}

const closed = (server: Server) => new Promise<void>((resolve) => void server.close(() => resolve()));

async function openProxy(port: number, dialTimeoutMs = 5_000): Promise<Proxy> {
  const proxy = await newProxy({ clock: liveClock(), seed: 1, dialTimeoutMs }, { name: "p", listen: "", upstream: `127.0.0.1:${port}` });
  await proxy.start();
  cleanups.push(() => proxy.stop());
  return proxy;
}

async function dial(proxy: Proxy): Promise<Socket> {
  const [host = "", port = ""] = proxy.show().listen.split(":");
  const socket = connect({ host, port: Number(port), allowHalfOpen: true });
  cleanups.push(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => void socket.once("connect", resolve).once("error", reject));
  return socket;
}

const event = (socket: Socket, name: string) => new Promise<unknown>((resolve) => void socket.once(name, resolve));

const until = (isSo: () => boolean) => untilPasses(() => expect(isSo()).toBe(true));

test("Proxy: an upstream that does not answer a dial delays no other client, and each client is closed after the limit", async () => {
  using hole = await blackHole();
  const proxy = await openProxy(hole.port, 10_000);
  const startedMs = performance.now();
  const clients = await Promise.all(Array.from({ length: 30 }, () => dial(proxy)));
  await until(() => proxy.connectionCount === 30);
  await Promise.all(clients.map((client) => event(client.resume(), "end")));
  // One after the other they would take 300 s.
  expect(performance.now() - startedMs).toBeLessThan(100_000);
  await until(() => proxy.connectionCount === 0);
});

test("Proxy: half-close is passed on in both directions, and then the connection is removed", async () => {
  const port = await listen((socket) => {
    let asked = "";
    socket.on("data", (bytes: Buffer) => void (asked += bytes.toString())).on("end", () => socket.end(`you said ${asked}`));
  });
  const proxy = await openProxy(port);
  const client = await dial(proxy);
  let answer = "";
  client.on("data", (bytes: Buffer) => void (answer += bytes.toString()));
  client.end("hello");
  await event(client, "end");
  expect(answer).toBe("you said hello");
  await until(() => proxy.connectionCount === 0);
});

test("Proxy: a client that disconnects ends its upstream connection, even while the server sends", async () => {
  let gone = false;
  const port = await listen((socket) => {
    const timer = setInterval(() => socket.write("token "), 5);
    socket.once("close", () => {
      clearInterval(timer);
      gone = true;
    });
  });
  const proxy = await openProxy(port);
  const client = await dial(proxy);
  await event(client, "data");
  client.resetAndDestroy();
  await until(() => gone && proxy.connectionCount === 0);
});

test("Proxy: a reset reaches the client after the server has ended its side", async () => {
  const port = await listen((socket) => void socket.end("bye"));
  const proxy = await openProxy(port);
  proxy.addToxic(parseBody('{"type":"reset_peer","stream":"upstream"}'));
  const client = await dial(proxy);
  await event(client.resume(), "end");
  let failure = "";
  client.on("error", (error: NodeJS.ErrnoException) => void (failure = error.code ?? ""));
  client.write("more");
  await until(() => proxy.connectionCount === 0);
  // A socket that has read the end does not notice RST. Only its next write fails.
  client.write("and more");
  await until(() => failure !== "");
  expect(["ECONNRESET", "EPIPE"]).toContain(failure);
});

test("Proxy.stop: a stalled client and a full upstream do not delay it", async () => {
  const port = await listen((socket) => void socket.pause());
  const proxy = await openProxy(port);
  const client = await dial(proxy);
  client.on("error", () => {}).write(Buffer.alloc(20_000_000));
  await until(() => proxy.connectionCount === 1);
  await proxy.stop();
  expect(proxy.enabled).toBe(false);
  await until(() => client.destroyed || proxy.connectionCount === 0);
});

test("Proxy: a toxic acts at once on a connection that was idle or in full flow without any, and no edit loses or reorders a byte", async () => {
  const sent = Buffer.from(Uint32Array.from({ length: 1_000_000 }, (_, index) => index).buffer);
  const port = await listen((socket) => void socket.pipe(socket));
  const proxy = await openProxy(port);
  const client = await dial(proxy);
  const edits = ['"slicer","attributes":{"average_size":9000}', '"latency","attributes":{"latency":2}', '"noop"', '"bandwidth","attributes":{"rate":20000}'];
  const received: Buffer[] = [];
  let size = 0;
  let edit = 0;
  client.on("data", (bytes: Buffer) => {
    received.push(bytes);
    size += bytes.length;
    // A toxic is added or removed with every eighth of a megabyte, in turn in both directions.
    for (; edit < size / 131_072; edit++) {
      const stream = edit % 4 < 2 ? "upstream" : "downstream";
      if (edit % 2 === 0) proxy.addToxic(parseBody(`{"name":"edit","stream":"${stream}","type":${edits[(edit / 2) % edits.length]}}`));
      else proxy.removeToxic("edit");
    }
  });
  client.end(sent);
  await event(client, "end");
  expect(edit).toBeGreaterThan(20);
  expect(Buffer.concat(received).equals(sent)).toBe(true);
});

test("Proxy.addToxic: the toxic acts on later bytes of a connection that has passed bytes before", async () => {
  const port = await listen((socket) => void socket.pipe(socket));
  const proxy = await openProxy(port);
  const client = await dial(proxy);
  let answer = "";
  client.on("data", (bytes: Buffer) => void (answer += bytes.toString()));
  client.write("free");
  await until(() => answer === "free");
  proxy.addToxic(parseBody('{"type":"limit_data","attributes":{"bytes":2}}'));
  client.write("held");
  await event(client, "end");
  expect(answer).toBe("freehe");
});

async function run(config: unknown): Promise<{ child: ChildProcess; line: Record<string, unknown>; exited: Promise<unknown> }> {
  const file = join(mkdtempSync(join(tmpdir(), "blastlab-network-")), "config.json");
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "--config", file], { stdio: ["pipe", "pipe", "ignore"] });
  cleanups.push(() => void child.kill("SIGKILL"));
  const exited = new Promise((resolve) => void child.once("exit", resolve));
  const line = await new Promise<string>((resolve) => void child.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString())));
  return { child, line: JSON.parse(line) as Record<string, unknown>, exited };
}

test("main.ts: prints its URL, and ends with exit 0 on SIGTERM", async () => {
  const { child, line, exited } = await run({ listen: { host: "127.0.0.1", port: 0 }, seed: 1 });
  expect(line).toEqual({ ready: true, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  expect((await fetch(`${String(line["url"])}/version`)).status).toBe(200);
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
});

/** The system's limit of a backlog. 0 where it cannot be read. */
const backlogMax = existsSync("/proc/sys/net/core/somaxconn") ? Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8")) : 0;

test.skipIf(backlogMax < 1_000)("main.ts: a burst of 1,000 connects waits in the queue of a process that accepts none", async () => {
  const { child, line } = await run({ listen: { host: "127.0.0.1", port: 0 }, seed: 1 });
  const api = String(line["url"]);
  const made = await fetch(`${api}/proxies`, { method: "POST", headers: { "content-type": "application/json" }, body: '{"name":"p","upstream":"127.0.0.1:1"}' });
  const { listen: address } = (await made.json()) as { listen: string };
  child.kill("SIGSTOP");
  for (const url of [api, `http://${address}`]) {
    const { hostname, port } = new URL(url);
    const sockets = Array.from({ length: 1_000 }, () => connect({ host: hostname, port: Number(port) }));
    cleanups.push(() => sockets.forEach((socket) => socket.destroy()));
    await Promise.all(sockets.map((socket) => event(socket.on("error", () => {}), "connect")));
  }
});

test.each([
  ["a port in use", async () => ({ listen: { host: "127.0.0.1", port: await listen(() => {}) }, seed: 1 }), "port_in_use"],
  ["an address that is not loopback", async () => ({ listen: { host: "0.0.0.0", port: 0 }, seed: 1 }), "listen_refused"],
  ["no seed", async () => ({}), "config_invalid"],
])("main.ts, %s: one line with the reason, exit 3", async (_what, config, code) => {
  const { line, exited } = await run(await config());
  expect(line).toMatchObject({ ready: false, code, message: expect.stringMatching(/./), hint: expect.stringMatching(/./) });
  expect(await exited).toBe(3);
});

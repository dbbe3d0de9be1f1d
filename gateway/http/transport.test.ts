import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { Canceller, neverSignal } from "../../kernel/signal.ts";
import type { TransportRequest, TransportResponse } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { UndiciTransport } from "./transport.ts";

/** The next request may start in the turn in which the last one ends, before undici counts its connection as free. */
const POOLED_MAX = 2;

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stack.splice(0).reverse()) await stop();
});

function transport(connectMs = 2_000): UndiciTransport {
  const made = new UndiciTransport(() => connectMs);
  stack.push(() => made.close());
  return made;
}

async function listening<T extends Server | TcpServer>(server: T): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A provider; `connections` counts those it was given. */
async function provider(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    request.resume();
    answer(response, request);
  });
  /** It says so in its answers: a connection that ends was closed by us. */
  server.keepAliveTimeout = 600_000;
  const seen = { connections: 0 };
  server.on("connection", (socket) => {
    seen.connections++;
    sockets.add(socket);
  });
  const url = await listening(server);
  stack.push(async () => sockets.forEach((socket) => socket.destroy()));
  return { url, seen, server, sockets };
}

const post = (url: string, headers: Record<string, string> = {}): TransportRequest => ({
  method: "POST",
  url: `${url}/v1/x?y=1`,
  headers: { "content-type": "application/json", ...headers },
  body: utf8Bytes(`{"a":1}`),
});

async function read(response: TransportResponse): Promise<string> {
  let text = "";
  for await (const chunk of response.body) text += utf8Text(chunk);
  return text;
}

/** What arrived, and how it ended. */
async function readAll(response: TransportResponse): Promise<[string, unknown]> {
  let text = "";
  try {
    for await (const chunk of response.body) text += utf8Text(chunk);
    return [text, "complete"];
  } catch (error) {
    return [text, (error as { kind?: unknown }).kind];
  }
}

test("UndiciTransport: method, path, headers, body go up; status, joined lower-case headers and body come back", async () => {
  const { url } = await provider((response, request) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part)).on("end", () => {
      response.writeHead(201, { "X-Many": ["a", "b"], "content-type": "text/plain" });
      response.end(`${request.method} ${request.url} ${String(request.headers["x-client-request-id"])} ${Buffer.concat(parts).toString()}`);
    });
  });
  const response = await transport().open(post(url, { "x-client-request-id": "r1" }), neverSignal);
  expect(response.status).toBe(201);
  expect(response.headers).toMatchObject({ "x-many": "a, b", "content-type": "text/plain" });
  expect(await read(response)).toBe(`POST /v1/x?y=1 r1 {"a":1}`);
});

test("UndiciTransport: no encoding is asked for, since none is undone", async () => {
  const { url } = await provider((response, request) => response.end(String(request.headers["accept-encoding"])));
  expect(await read(await transport().open(post(url), neverSignal))).toBe("identity");
});

test("UndiciTransport: a port without a listener: refused", async () => {
  await expect(transport().open(post("http://127.0.0.1:1"), neverSignal)).rejects.toMatchObject({ name: "TransportError", kind: "refused" });
});

test("UndiciTransport: a name that cannot be: dns", async () => {
  await expect(transport().open(post("http://no-such-host.invalid"), neverSignal)).rejects.toMatchObject({ kind: "dns" });
});

test.each([[40, "200"], [80, "headers_too_large"]])("UndiciTransport: %i KB of headers: %s", async (kilobytes, result) => {
  const { url } = await provider((response) => void response.writeHead(200, { "x-large": "x".repeat(kilobytes * 1024) }).end());
  const ended = await transport().open(post(url), neverSignal).then(({ status }) => String(status), (error: unknown) => (error as { kind: unknown }).kind);
  expect(ended).toBe(result);
});

test("UndiciTransport: RST before headers: reset", async () => {
  const { url } = await provider((response) => response.socket!.resetAndDestroy());
  await expect(transport().open(post(url), neverSignal)).rejects.toMatchObject({ kind: "reset" });
});

/** undici has no option to skip the first of them, for which it never asks. */
test.each([["writeContinue", "closed_early"], ["writeProcessing", "200"], ["writeEarlyHints", "200"]] as const)("UndiciTransport: an informational answer before the real one, %s: %s", async (write, result) => {
  const { url } = await provider((response) => {
    if (write === "writeEarlyHints") response.writeEarlyHints({ link: "</a>; rel=preload" });
    else response[write]();
    response.end("late");
  });
  expect(await transport().open(post(url), neverSignal).then(({ status }) => String(status), ({ kind }: { kind: string }) => kind)).toBe(result);
});

test("UndiciTransport: FIN before headers: closed_early", async () => {
  const { url } = await provider((response) => response.socket!.end());
  await expect(transport().open(post(url), neverSignal)).rejects.toMatchObject({ kind: "closed_early" });
});

test("UndiciTransport: bytes that are not HTTP: closed_early", async () => {
  const server = createTcpServer((socket) => socket.resume().on("error", () => {}).end("SSH-2.0-nonsense\r\n\r\n"));
  const url = await listening(server);
  await expect(transport().open(post(url), neverSignal)).rejects.toMatchObject({ kind: "closed_early" });
});

test.each([
  ["chunked", {}],
  ["with a length", { "content-length": "100" }],
])("UndiciTransport: FIN within a body %s: what came, then closed_early", async (_, headers) => {
  const { url } = await provider((response) => {
    response.writeHead(200, headers);
    response.write("part");
    response.socket!.end();
  });
  expect(await readAll(await transport().open(post(url), neverSignal))).toEqual(["part", "closed_early"]);
});

test("UndiciTransport: RST within a body: what came, then reset", async () => {
  const gate = Promise.withResolvers<void>();
  const { url } = await provider((response) => {
    response.writeHead(200).write("part");
    void gate.promise.then(() => response.socket!.resetAndDestroy());
  });
  const response = await transport().open(post(url), neverSignal);
  const iterator = response.body[Symbol.asyncIterator]();
  expect(utf8Text((await iterator.next()).value)).toBe("part");
  gate.resolve();
  await expect(iterator.next()).rejects.toMatchObject({ kind: "reset" });
});

test("UndiciTransport: a body without framing ends with the connection, whole", async () => {
  const url = await listening(createTcpServer((socket) => void socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall"))));
  expect(await readAll(await transport().open(post(url), neverSignal))).toEqual(["all", "complete"]);
});

test("UndiciTransport: cancelled before it starts: aborted, nothing sent", async () => {
  const { url, seen } = await provider((response) => response.end());
  const canceller = new Canceller();
  canceller.cancel("gone");
  await expect(transport().open(post(url), canceller.signal)).rejects.toMatchObject({ kind: "aborted" });
  expect(seen.connections).toBe(0);
});

test("UndiciTransport: cancelled while waiting for headers: aborted, the provider's connection closes", async () => {
  const closed = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const { url } = await provider((response) => {
    response.on("close", closed.resolve);
    arrived.resolve();
  });
  const canceller = new Canceller();
  const opening = transport().open(post(url), canceller.signal);
  await arrived.promise;
  canceller.cancel("gone");
  await expect(opening).rejects.toMatchObject({ kind: "aborted" });
  await closed.promise;
  expect(canceller.listenerCount).toBe(0);
});

test("UndiciTransport: cancelled while the body waits: aborted, the provider's connection closes", async () => {
  const closed = Promise.withResolvers<void>();
  const { url } = await provider((response) => {
    response.on("close", closed.resolve);
    response.writeHead(200).write("part");
  });
  const canceller = new Canceller();
  const response = await transport().open(post(url), canceller.signal);
  const iterator = response.body[Symbol.asyncIterator]();
  await iterator.next();
  const waiting = iterator.next();
  canceller.cancel("gone");
  await expect(waiting).rejects.toMatchObject({ kind: "aborted" });
  await closed.promise;
  expect(canceller.listenerCount).toBe(0);
});

test("UndiciTransport: a body left early closes the connection, one left at its end does not", async () => {
  const closed = Promise.withResolvers<void>();
  const { url, seen } = await provider((response, request) => {
    response.writeHead(200).write("part");
    if (request.headers["x-short"] === undefined) response.on("close", closed.resolve);
    else response.end();
  });
  const link = transport();
  for (let round = 0; round < 10; round++) for await (const _ of (await link.open(post(url, { "x-short": "1" }), neverSignal)).body) break;
  expect(seen.connections).toBeLessThanOrEqual(POOLED_MAX);
  for await (const _ of (await link.open(post(url), neverSignal)).body) break;
  await closed.promise;
});

test("UndiciTransport: a pooled connection is used again, and the signal's listener is removed", async () => {
  const { url, seen } = await provider((response) => response.end("ok"));
  const link = transport();
  const canceller = new Canceller();
  for (let round = 0; round < 10; round++) expect(await read(await link.open(post(url), canceller.signal))).toBe("ok");
  expect(seen.connections).toBeLessThanOrEqual(POOLED_MAX);
  expect(canceller.listenerCount).toBe(0);
});

test("UndiciTransport.retain: a removed origin finishes what is in flight, then closes; the others keep their connections", async () => {
  let finish = () => {};
  const gone = await provider((response) => {
    response.write("one ");
    finish = () => void response.end("two");
  });
  const kept = await provider((response) => response.end("ok"));
  const link = transport();
  const streaming = await link.open(post(gone.url), neverSignal);
  await read(await link.open(post(kept.url), neverSignal));
  const [open] = gone.sockets;
  const closed = once(open!, "close");
  link.retain(new Set([kept.url]));
  for (let round = 0; round < 5; round++) expect(await read(await link.open(post(kept.url), neverSignal))).toBe("ok");
  expect([open!.destroyed, kept.seen.connections <= POOLED_MAX]).toEqual([false, true]);
  finish();
  expect(await read(streaming)).toBe("one two");
  await closed;
});

test("UndiciTransport.close: breaks what is in flight at a removed origin", async () => {
  const gone = await provider((response) => response.write("one "));
  const link = transport();
  const streaming = await link.open(post(gone.url), neverSignal);
  link.retain(new Set());
  await link.close();
  await expect(read(streaming)).rejects.toMatchObject({ name: "TransportError" });
});

test("UndiciTransport.retain: a request of the old config that comes late still finds its origin", async () => {
  const { url } = await provider((response) => response.end("ok"));
  const link = transport();
  expect(await read(await link.open(post(url), neverSignal))).toBe("ok");
  link.retain(new Set());
  expect(await read(await link.open(post(url), neverSignal))).toBe("ok");
});

test.each([
  ["FIN", "closed_early", (socket: Socket) => void socket.end()],
  ["RST", "reset", (socket: Socket) => void socket.resetAndDestroy()],
])("UndiciTransport: a pooled connection that gets %s with the next request: %s, sent once", async (_, kind, breakIt) => {
  let requests = 0;
  const { url } = await provider((response) => {
    requests++;
    if (requests === 1) response.end("ok");
    else breakIt(response.socket!);
  });
  const link = transport();
  expect(await read(await link.open(post(url), neverSignal))).toBe("ok");
  await expect(link.open(post(url), neverSignal)).rejects.toMatchObject({ kind });
  expect(requests).toBe(2);
});

test("UndiciTransport: a connect without an answer: connect_timeout by the deadline it was given", async () => {
  await using full = await fullBacklog();
  await expect(transport(50).open(post(full.url), neverSignal)).rejects.toMatchObject({ kind: "connect_timeout", message: "connect_timeout: after 50 ms" });
});

test("UndiciTransport: cancelled while connecting: aborted at once", async () => {
  await using full = await fullBacklog();
  const canceller = new Canceller();
  const opening = transport(20_000).open(post(full.url), canceller.signal);
  canceller.cancel("gone");
  await expect(opening).rejects.toMatchObject({ kind: "aborted" });
});

test("UndiciTransport: a slow reader stops the provider", async () => {
  const size = 64 * 1024 * 1024;
  let written = 0;
  const stalled = Promise.withResolvers<void>();
  const { url } = await provider((response) => {
    response.writeHead(200);
    const piece = Buffer.alloc(256 * 1024);
    const more = () => {
      while (written < size) {
        written += piece.length;
        if (!response.write(piece)) {
          if (written > 4 * 1024 * 1024) stalled.resolve();
          response.once("drain", more);
          return;
        }
      }
      response.end();
    };
    more();
  });
  const response = await transport().open(post(url), neverSignal);
  const iterator = response.body[Symbol.asyncIterator]();
  let got = 0;
  while (got < 8 * 1024 * 1024) got += (await iterator.next()).value?.length ?? 0;
  await stalled.promise;
  expect(written).toBeLessThan(size);
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) got += next.value.length;
  expect(got).toBe(size);
});

/**
 * A port whose accept queue is full: the kernel drops further SYNs. The listener is a stopped child, because Node
 * itself always accepts.
 */
async function fullBacklog(): Promise<{ url: string } & AsyncDisposable> {
  const { spawn } = await import("node:child_process");
  const script = `const s=require("net").createServer();s.listen({port:0,host:"127.0.0.1",backlog:1},()=>{process.stdout.write(String(s.address().port));});`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  const [data] = (await once(child.stdout, "data")) as [Buffer];
  child.kill("SIGSTOP");
  const port = Number(data.toString());
  const { connect } = await import("node:net");
  const fillers = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.all(fillers.slice(0, 1).map((socket) => once(socket, "connect")));
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** Not a multiple of what is written at once. */
const longBody = Uint8Array.from({ length: 1_000_003 }, (_, index) => index % 251);

test("UndiciTransport: a long body, or one in parts, arrives as it is, with its length, over a connection that is used again", async () => {
  const received: { length: string | undefined; body: Buffer }[] = [];
  const { url, seen } = await provider((response, request) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ length: request.headers["content-length"], body: Buffer.concat(chunks) });
      response.end("ok");
    });
  });
  const made = transport();
  const parts = [0, 3, 3, 300_000].map((from, index, starts) => longBody.subarray(from, starts[index + 1]));
  for (const one of [{ body: longBody }, { body: new Uint8Array(0), parts }, { body: longBody }]) await read(await made.open({ ...post(url), ...one }, neverSignal));
  for (const { length, body } of received) expect([length, body.equals(longBody)]).toEqual([String(longBody.length), true]);
  expect([received.length, seen.connections <= POOLED_MAX]).toEqual([3, true]);
});

test("UndiciTransport: an answer before the end of a long body is read", async () => {
  const { url } = await provider((response, request) => request.once("data", () => response.writeHead(413).end("too long")));
  const response = await transport().open({ ...post(url), body: longBody }, neverSignal);
  expect([response.status, await read(response)]).toEqual([413, "too long"]);
});

test("UndiciTransport: a long body to a port without a listener: refused", async () => {
  await expect(transport().open({ ...post("http://127.0.0.1:1"), body: longBody }, neverSignal)).rejects.toMatchObject({ kind: "refused" });
});

test("UndiciTransport: cancelled within a long body: aborted, the rest is not sent", async () => {
  const body = new Uint8Array(64 * 1024 * 1024);
  const canceller = new Canceller();
  const ended = Promise.withResolvers<number>();
  const { url } = await provider((_, request) => {
    let received = 0;
    request.on("data", (chunk: Buffer) => (received += chunk.length)).once("data", () => canceller.cancel("gone"));
    request.on("error", () => ended.resolve(received));
  });
  await expect(transport().open({ ...post(url), body }, canceller.signal)).rejects.toMatchObject({ kind: "aborted" });
  expect(await ended.promise).toBeLessThan(body.length);
});

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { bodyOf, TransportError, type Handler, type WireRequest } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { WholeBody } from "../../kernel/whole-body.ts";
import { clientDialects } from "../dialects/clients.ts";
import { openaiClient } from "../dialects/openai-client.ts";
import { buildServer } from "./server.ts";

const state = { inFlight: 0, retryBudgetTokens: 1, breakers: [] };

function serverFor(handle: Handler, ready = true, stalledMs = 60_000, bodyBytesMax?: number) {
  const bugs: unknown[] = [];
  const app = buildServer({
    gateway: { handle, state: () => state, reportRegionShare: () => {} },
    client: openaiClient,
    clients: clientDialects,
    mayAdminister: async () => "open",
    metricsHandler: (_, response) => void response.end("metrics"),
    ready: () => ready,
    onBug: (error) => bugs.push(error),
    stalledMs,
    ...(bodyBytesMax !== undefined && { bodyBytesMax }),
  });
  onTestFinished(() => app.close());
  return { app, bugs };
}

/** What a raw client reads after `request`, and how its connection ended. */
async function rawEnd(handle: Handler): Promise<{ text: string; ended: string; bugs: unknown[] }> {
  const { app, bugs } = serverFor(handle);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  let text = "";
  const end = new Promise<string>((resolve) => {
    socket.on("data", (part) => (text += String(part)));
    socket.on("end", () => resolve("FIN")).on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNRESET" ? "RST" : String(error.code)));
  });
  socket.write("POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
  const ended = await end;
  socket.destroy();
  return { text, ended, bugs };
}

test("buildServer: the core gets method, path with query, headers and the bytes as they came", async () => {
  const seen: WireRequest[] = [];
  const { app } = serverFor(async (request) => {
    seen.push(request);
    return { status: 201, headers: { "x-a": "b" }, body: bodyOf(utf8Bytes("{"), utf8Bytes("}")) };
  });
  for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded", undefined]) {
    const answer = await app.inject({ method: "POST", url: "/v1/x?y=1", headers: { "x-client-request-id": "r1", ...(type !== undefined && { "content-type": type }) }, payload: Buffer.from('{ "broken') });
    expect([answer.statusCode, answer.headers["x-a"], answer.body]).toEqual([201, "b", "{}"]);
  }
  expect(seen).toHaveLength(4);
  for (const request of seen) {
    expect(request).toMatchObject({ method: "POST", path: "/v1/x?y=1", headers: { "x-client-request-id": "r1" } });
    expect(utf8Text(request.body)).toBe('{ "broken');
  }
});

test("buildServer: a request without body has an empty one", async () => {
  const { app } = serverFor(async (request) => ({ status: 200, headers: {}, body: bodyOf(utf8Bytes(`${request.method} ${request.body.length}`)) }));
  expect((await app.inject({ method: "GET", url: "/v1/models" })).body).toBe("GET 0");
});

test.each([["announced", true], ["chunked", false]])("buildServer: a long body comes as it was sent: %s", async (_, isAnnounced) => {
  const seen: Uint8Array[] = [];
  const { app } = serverFor(async ({ body }) => {
    seen.push(body);
    return { status: 200, headers: {}, body: new WholeBody("ok") };
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const body = Buffer.from(Uint8Array.from({ length: 3_000_001 }, (_value, index) => index % 251));
  for (let count = 0; count < 3; count++) {
    const sent = request(`${url}/v1/x`, { method: "POST", headers: isAnnounced ? { "content-length": body.length } : {} });
    if (!isAnnounced) sent.write(body.subarray(0, 1_000_000));
    sent.end(isAnnounced ? body : body.subarray(1_000_000));
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    await once(answer.resume(), "end");
  }
  expect(seen.map((each) => body.equals(each))).toEqual([true, true, true]);
});

test("buildServer: a client that leaves within a long body does not reach the core", async () => {
  const { app } = serverFor(() => Promise.reject(new Error("not reached")));
  await app.listen({ host: "127.0.0.1", port: 0 });
  const connected = once(app.server, "connection");
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  const [serverSide] = (await connected) as [Socket];
  const closed = once(serverSide, "close");
  socket.end(`POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n${"a".repeat(600_000)}`).resume();
  await closed;
  expect(serverSide.bytesRead).toBeGreaterThan(600_000);
});

test("buildServer: how long a body may be is a setting, for encoded ones too", async () => {
  const { app } = serverFor(async () => ({ status: 200, headers: {}, body: new WholeBody("{}") }), true, 60_000, 20 * 1024 * 1024);
  const statusOf = async (payload: Buffer, headers = {}) => (await app.inject({ method: "POST", url: "/v1/x", payload, headers })).statusCode;
  expect([await statusOf(Buffer.alloc(11 * 1024 * 1024)), await statusOf(Buffer.alloc(21 * 1024 * 1024))]).toEqual([200, 413]);
  const encoded = (bytes: number) => statusOf(gzipSync(Buffer.alloc(bytes)), { "content-encoding": "gzip" });
  expect([await encoded(11 * 1024 * 1024), await encoded(21 * 1024 * 1024)]).toEqual([200, 413]);
});

test("buildServer: a body too large is refused in the client's dialect, before the core", async () => {
  const { app } = serverFor(() => Promise.reject(new Error("not reached")));
  const answer = await app.inject({ method: "POST", url: "/v1/x", payload: Buffer.alloc(11 * 1024 * 1024) });
  expect([answer.statusCode, answer.json()]).toMatchObject([413, { error: { type: "invalid_request_error", code: "ctp_body_too_large" } }]);
  expect(answer.headers["x-request-id"]).toMatch(/^[0-9a-f]{16}$/);
});

test.each([
  ["announces its length", `content-length: ${11 * 1024 * 1024}`, (part: Buffer) => part],
  ["is chunked", "transfer-encoding: chunked", (part: Buffer) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")])],
])("buildServer: a client whose body is too large can send all of it, reads its 413, and its connection goes on: it %s", async (_, header, framed) => {
  const { app } = serverFor(async () => ({ status: 200, headers: {}, body: new WholeBody("next") }));
  await app.listen({ host: "127.0.0.1", port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const readUntil = async (end: RegExp) => {
    let text = "";
    for await (const part of socket.iterator({ destroyOnReturn: false })) {
      text += String(part);
      if (end.test(text)) break;
    }
    return text;
  };
  socket.write(`POST /v1/x HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n`);
  const part = Buffer.alloc(1024 * 1024, "a");
  for (let sent = 0; sent < 11; sent++) if (!socket.write(framed(part))) await once(socket, "drain");
  if (header.startsWith("transfer")) socket.write("0\r\n\r\n");
  expect(await readUntil(/ctp_body_too_large.*\}$/s)).toMatch(/^HTTP\/1\.1 413 /);
  socket.write("POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
  expect(await readUntil(/next$/)).toMatch(/^HTTP\/1\.1 200 /);
});

test.each([
  ["is too large is refused before it is sent", 11 * 1024 * 1024, /^HTTP\/1\.1 413 .*connection: close.*ctp_body_too_large/is],
  ["fits is asked for", 2, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /],
])("buildServer: a body that its client announces by Expect and that %s", async (_, length, expected) => {
  const { app } = serverFor(async () => ({ status: 200, headers: {}, body: new WholeBody("fine") }));
  await app.listen({ host: "127.0.0.1", port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  socket.write(`POST /v1/x HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n`);
  let text = "";
  for await (const part of socket) {
    if (text === "" && String(part).startsWith("HTTP/1.1 100")) socket.write("{}");
    text += String(part);
  }
  expect(text).toMatch(expected);
});

test("buildServer: a request that does not come is not waited for without end", () => {
  const { server } = serverFor(() => Promise.reject(new Error("not reached"))).app;
  expect([server.headersTimeout, server.requestTimeout]).toEqual([60_000, 300_000]);
});

test("buildServer: not ready is 503, alive it is all the same", async () => {
  const { app } = serverFor(() => Promise.reject(new Error("not reached")), false);
  expect((await app.inject("/health/ready")).statusCode).toBe(503);
  expect((await app.inject("/health/live")).statusCode).toBe(200);
  expect((await app.inject("/admin/state")).json()).toEqual(state);
  expect((await app.inject("/metrics")).body).toBe("metrics");
});

test("respond: a throw that is a bug is 500 and reported", async () => {
  const { app, bugs } = serverFor(() => Promise.reject(new Error("oops")));
  const answer = await app.inject({ method: "POST", url: "/v1/x" });
  expect([answer.statusCode, answer.json()]).toMatchObject([500, { error: { code: "internal_error" } }]);
  expect(answer.body).not.toContain("oops");
  expect(bugs).toMatchObject([{ message: "oops" }]);
});

test("respond: a throw that is a bug is 500 in the words of whoever speaks at the path", async () => {
  const { app } = serverFor(() => Promise.reject(new Error("oops")));
  const errorAt = async (url: string) => {
    const { statusCode, headers, body } = await app.inject({ method: "POST", url });
    return { statusCode, type: headers["content-type"], body: JSON.parse(body) as unknown };
  };
  const openai = { statusCode: 500, type: "application/json", body: { error: { message: "The gateway failed.", type: "server_error", param: null, code: "internal_error" } } };
  const anthropic = { statusCode: 500, type: "application/json", body: { type: "error", error: { type: "api_error", message: "The gateway failed. (internal_error)" } } };
  expect(await errorAt("/v1/messages")).toEqual(anthropic);
  expect(await errorAt("/v1/messages?beta=true")).toEqual(anthropic);
  for (const url of ["/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/x"]) expect(await errorAt(url)).toEqual(openai);
});

async function* partThen(error: Error) {
  yield utf8Bytes("part");
  throw error;
}

test("respond: a bug in mid-body cuts the answer", async () => {
  const { text, bugs } = await rawEnd(async () => ({ status: 200, headers: {}, body: partThen(new Error("oops")) }));
  expect(text).toContain("part");
  expect(text).not.toContain("\r\n0\r\n");
  expect(bugs).toMatchObject([{ message: "oops" }]);
});

test("respond: reset sends RST, closed_early FIN before the message is complete; neither is a bug", async () => {
  const reset = await rawEnd(() => Promise.reject(new TransportError("reset")));
  expect(reset).toEqual({ text: "", ended: "RST", bugs: [] });
  const closed = await rawEnd(async () => ({ status: 200, headers: {}, body: partThen(new TransportError("closed_early")) }));
  expect(closed).toMatchObject({ ended: "FIN", bugs: [] });
  expect(closed.text).not.toContain("\r\n0\r\n");
});

test("respond: the signal is cancelled when the client goes, not when it is served", async () => {
  const gone = Promise.withResolvers<unknown>();
  const arrived = Promise.withResolvers<void>();
  let served = 0;
  const { app } = serverFor(async (request, signal) => {
    if (request.path === "/v1/quick") {
      signal.onAbort(() => served++);
      return { status: 200, headers: {}, body: bodyOf(utf8Bytes("ok")) };
    }
    signal.onAbort(gone.resolve);
    arrived.resolve();
    await gone.promise;
    throw new TransportError("aborted");
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  expect(await (await fetch(`http://127.0.0.1:${port}/v1/quick`)).text()).toBe("ok");
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /v1/slow HTTP/1.1\r\nhost: x\r\n\r\n");
  await arrived.promise;
  socket.destroy();
  await once(socket, "close");
  expect(await gone.promise).toBe("client_gone");
  expect(served).toBe(0);
});

/** A client that asks and never reads; resolves when the server has closed its connection. */
async function closedOn(handle: Handler): Promise<void> {
  const { app } = serverFor(handle, true, 50);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const accepted = once(app.server, "connection") as Promise<[Socket]>;
  const client = connect((app.server.address() as AddressInfo).port, "127.0.0.1").pause();
  onTestFinished(() => void client.destroy());
  client.write("GET /v1/x HTTP/1.1\r\nhost: x\r\n\r\n");
  const [socket] = await accepted;
  await once(socket, "close");
}

test("respond: a client that takes nothing of a stream counts as gone", async () => {
  const gone = Promise.withResolvers<unknown>();
  async function* endless() {
    for (;;) yield Buffer.alloc(256 * 1024);
  }
  await closedOn(async (_, signal) => {
    signal.onAbort(gone.resolve);
    return { status: 200, headers: {}, body: endless() };
  });
  expect(await gone.promise).toBe("client_gone");
});

test("respond: a client that takes nothing of an answer in one piece loses its connection", async () => {
  await closedOn(async () => ({ status: 200, headers: {}, body: new WholeBody("x".repeat(32 * 1024 * 1024)) }));
});

test("respond: the time is off while nothing waits for the client: a stream may be silent", async () => {
  const first = Promise.withResolvers<void>();
  async function* pausing() {
    yield Buffer.alloc(4 * 1024 * 1024, "a");
    await first.promise;
    yield utf8Bytes("end");
  }
  const { app } = serverFor(async () => ({ status: 200, headers: {}, body: pausing() }), true, 50);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const accepted = once(app.server, "connection") as Promise<[Socket]>;
  const response = await fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/v1/x`);
  const [socket] = await accepted;
  const text = response.text();
  while (socket.timeout !== 0) await new Promise((resolve) => setImmediate(resolve));
  first.resolve();
  expect((await text).endsWith("aend")).toBe(true);
});

test("buildServer: a path that cannot be read is refused in the client's words", async () => {
  const { app } = serverFor(() => Promise.reject(new Error("never asked")));
  const answer = await app.inject({ method: "GET", url: "/%" });
  expect([answer.statusCode, answer.json()]).toEqual([400, { error: expect.objectContaining({ type: "invalid_request_error", code: "bad_url" }) as object }]);
});

test.each([
  ["more headers than fit", `POST /v1/x HTTP/1.1\r\nhost: x\r\nx-a: ${"a".repeat(20_000)}\r\n\r\n`, "431", "headers_too_large"],
  ["what is no HTTP request", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400", "invalid_http"],
  ["a length beside chunks", "POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "400", "invalid_http"],
])("buildServer: %s is refused in the words of an error of the API", async (_, sent, status, code) => {
  const { app } = serverFor(() => Promise.reject(new Error("not reached")));
  await app.listen({ host: "127.0.0.1", port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(sent);
  let text = "";
  for await (const part of socket) text += String(part);
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nX-Request-Id: [0-9a-f]{16}\r\n`));
  expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n")))).toMatchObject({ error: { type: "invalid_request_error", code } });
});

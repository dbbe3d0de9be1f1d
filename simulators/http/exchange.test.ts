import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { bodyOf, TransportError, type Handler } from "../../kernel/transport.ts";
import { utf8Bytes, utf8Text } from "../../kernel/utf8.ts";
import { serve } from "./server.ts";
import { ask, askRaw } from "./running-provider.ts";

const listen = { host: "127.0.0.1", port: 0 };

async function serving(handler: Handler) {
  const bugs: unknown[] = [];
  const listening = await serve(handler, listen, (bug) => bugs.push(bug));
  return { ...listening, bugs, [Symbol.asyncDispose]: () => listening.close() };
}

const textHeaders = { "content-type": "text/plain" };

async function* pieces(end: TransportError | null): AsyncGenerator<Uint8Array> {
  yield utf8Bytes("one ");
  yield utf8Bytes("two");
  if (end !== null) throw end;
}

const streaming = (end: TransportError | null): Handler => () => Promise.resolve({ status: 200, headers: textHeaders, body: pieces(end) });

test("exchange: passes on method, path, headers and body, and sends the response", async () => {
  await using server = await serving(async ({ method, path, headers, body }) => {
    const seen = JSON.stringify({ method, path, agent: headers["x-agent"], body: utf8Text(body) });
    return { status: 207, headers: { "x-extra": "yes" }, body: bodyOf(utf8Bytes(seen)) };
  });
  const response = await fetch(`${server.url}/a/b?c=d`, { method: "POST", headers: { "X-Agent": "me" }, body: "übung" });
  expect([response.status, response.headers.get("x-extra")]).toEqual([207, "yes"]);
  expect(await response.json()).toEqual({ method: "POST", path: "/a/b?c=d", agent: "me", body: "übung" });
});

test("exchange: a whole stream ends with its last chunk", async () => {
  await using server = await serving(streaming(null));
  expect(await (await fetch(server.url)).text()).toBe("one two");
});

test("exchange: reset before the headers is RST and nothing else", async () => {
  await using server = await serving(() => Promise.reject(new TransportError("reset")));
  expect(await askRaw(server.url, "r1")).toEqual({ end: "rst", text: "" });
  expect(server.bugs).toEqual([]);
});

test("exchange: closed_early before the headers is FIN and nothing else", async () => {
  await using server = await serving(() => Promise.reject(new TransportError("closed_early")));
  expect(await askRaw(server.url, "r1")).toEqual({ end: "fin", text: "" });
});

test("exchange: a body that is reset ends in RST", async () => {
  await using server = await serving(streaming(new TransportError("reset")));
  expect((await askRaw(server.url, "r1")).end).toBe("rst");
});

test("exchange: a body that closes early ends in FIN, all chunks sent, without the last one of HTTP", async () => {
  await using server = await serving(streaming(new TransportError("closed_early")));
  const { end, text } = await askRaw(server.url, "r1");
  expect(end).toBe("fin");
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text).toMatch(/4\r\none \r\n3\r\ntwo\r\n$/);
});

test("exchange: headers are sent before the first chunk is ready", async () => {
  const gate = Promise.withResolvers<void>();
  async function* waiting(): AsyncGenerator<Uint8Array> {
    await gate.promise;
    yield utf8Bytes("late");
  }
  await using server = await serving(() => Promise.resolve({ status: 200, headers: {}, body: waiting() }));
  const response = await ask(server.url, "r1");
  expect(response.statusCode).toBe(200);
  gate.resolve();
  expect((await response.toArray()).join("")).toBe("late");
});

test("exchange: a client that disconnects cancels the signal, before the headers and while reading", async () => {
  for (const early of [true, false]) {
    const arrived = Promise.withResolvers<void>();
    const left = Promise.withResolvers<unknown>();
    const never = new Promise<never>(() => {});
    async function* oneThenNothing(): AsyncGenerator<Uint8Array> {
      yield utf8Bytes("x");
      await never;
    }
    await using server = await serving((_, signal) => {
      signal.onAbort(left.resolve);
      arrived.resolve();
      return early ? never : Promise.resolve({ status: 200, headers: {}, body: oneThenNothing() });
    });
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await arrived.promise;
    if (!early) await once(socket, "data");
    socket.destroy();
    expect(await left.promise).toBe("the client went away");
  }
});

test("exchange: a client that does not read stops the body", async () => {
  let made = 0;
  const chunk = new Uint8Array(64 * 1024);
  const total = 2000;
  async function* large(): AsyncGenerator<Uint8Array> {
    for (; made < total; made++) yield chunk;
  }
  await using server = await serving((request) => Promise.resolve({ status: 200, headers: {}, body: request.method === "GET" ? bodyOf() : large() }));
  const response = await ask(server.url, "r1");
  // A server that did not wait would have produced all of it before it answered this request.
  await (await fetch(server.url)).text();
  expect(made).toBeLessThan(total);
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) bytes += part.length;
  expect(bytes).toBe(total * chunk.length);
});

test("exchange: any other error is a 500 and is reported", async () => {
  const bug = new Error("a bug");
  await using server = await serving(() => Promise.reject(bug));
  expect((await fetch(server.url)).status).toBe(500);
  expect(server.bugs).toEqual([bug]);
});

test("exchange: a body over the limit is 413, and the handler is not called", async () => {
  await using server = await serving(() => expect.fail("it was to be refused"));
  const outgoing = request(server.url, { method: "POST", agent: false });
  outgoing.on("error", () => {});
  const answered = once(outgoing, "response");
  outgoing.end(Buffer.alloc(11 * 2 ** 20));
  const [response] = (await answered) as [{ statusCode: number }];
  expect(response.statusCode).toBe(413);
});

test("serve: a port in use and an address that is not loopback are errors with a hint", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  await expect(serve(streaming(null), { host: "127.0.0.1", port })).rejects.toMatchObject({ code: "port_in_use", exitCode: 3, hint: expect.stringMatching(/port/) });
  await expect(serve(streaming(null), { host: "0.0.0.0", port: 0 })).rejects.toMatchObject({ code: "target_forbidden" });
  other.close();
});

/** Sends bytes over a bare socket and returns all bytes until the server ends the connection. */
async function raw(url: string, ...parts: readonly string[]): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
  let text = "";
  socket.on("data", (data) => (text += data.toString()));
  for (const part of parts) socket.write(part);
  await once(socket, "end");
  socket.destroy();
  return text;
}

test("exchange: requests sent ahead are answered one after another, and the last one ends the connection", async () => {
  await using server = await serving(({ path }) => Promise.resolve({ status: 200, headers: { "content-length": "2" }, body: bodyOf(utf8Bytes(path)) }));
  const text = await raw(server.url, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\nconnection: close\r\n\r\n");
  expect(text.split("HTTP/1.1 200 OK").slice(1).map((response) => response.slice(-2))).toEqual(["/a", "/b", "/c"]);
  expect(text.match(/connection: (keep-alive|close)/g)).toEqual(["connection: keep-alive", "connection: keep-alive", "connection: close"]);
});

test("exchange: bytes that are not HTTP are 400, and an invalid header of a response is a bug", async () => {
  await using server = await serving(() => Promise.resolve({ status: 200, headers: { "x-bad": "a\r\nb: c" }, body: bodyOf() }));
  expect(await raw(server.url, "nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*This is not HTTP\.\n$/);
  expect(server.bugs).toEqual([]);
  expect(await raw(server.url, "GET / HTTP/1.1\r\n\r\n")).not.toContain("b: c");
  expect(server.bugs).toHaveLength(1);
});

test("exchange: a client that expects 100 Continue gets it", async () => {
  await using server = await serving(({ body }) => Promise.resolve({ status: 200, headers: { "content-length": String(body.length) }, body: bodyOf(body) }));
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(server.url).port) });
  socket.write("POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n");
  const [word] = (await once(socket, "data")) as [Buffer];
  expect(word.toString()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("ok");
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*ok$/);
  socket.destroy();
});

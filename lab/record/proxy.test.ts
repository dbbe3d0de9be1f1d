import { once } from "node:events";
import { Agent, createServer as createHttpServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { ErrorBody, Exchange } from "./core/exchange.ts";
import { startProxy } from "./proxy.ts";

interface Stand extends AsyncDisposable {
  readonly url: string;
  readonly exchanges: Exchange[];
  readonly errors: ErrorBody[];
  /** Resolves once so many requests have been recorded. */
  recorded(count: number): Promise<readonly Exchange[]>;
}

/** The recorder in front of a server, or of an address where none is. */
async function stand(server: Server | TcpServer | null, path = "", nowMs?: () => number): Promise<Stand> {
  if (server !== null) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  }
  const port = server === null ? await closedPort() : (server.address() as AddressInfo).port;
  const exchanges: Exchange[] = [];
  const errors: ErrorBody[] = [];
  const waiting = new Set<() => void>();
  const events = {
    onExchange: (exchange: Exchange, error: ErrorBody | null) => {
      exchanges.push(exchange);
      if (error !== null) errors.push(error);
      for (const look of waiting) look();
    },
    onOther: () => {},
  };
  const proxy = await startProxy(new URL(`http://127.0.0.1:${port}${path}`), 0, events, nowMs === undefined ? {} : { nowMs });
  return {
    url: proxy.url,
    exchanges,
    errors,
    recorded: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (exchanges.length < count) return;
          waiting.delete(look);
          resolve(exchanges);
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      if (server !== null && "closeAllConnections" in server) server.closeAllConnections();
      server?.close();
    },
  };
}

async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server of whole TCP answers: each connection gets `answer` once its request's head is there. */
function rawServer(answer: (socket: Socket, head: string) => void): TcpServer {
  return createTcpServer((socket) => {
    let head = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const before = head.includes("\r\n\r\n");
      head += chunk.toString("latin1");
      if (!before && head.includes("\r\n\r\n")) answer(socket, head);
    });
  });
}

/** One request over a bare socket; what came back until the other side ended it, and how it did. */
async function raw(url: string, lines: readonly string[], body = ""): Promise<{ text: string; end: "fin" | "rst" }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString("latin1")));
  return new Promise((resolve, reject) => {
    socket.once("end", () => {
      socket.destroy();
      resolve({ text, end: "fin" });
    });
    socket.once("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? resolve({ text, end: "rst" }) : reject(error)));
  });
}

const post = (path: string, length: number, ...more: readonly string[]) => [`POST ${path} HTTP/1.1`, "Host: elsewhere", `Content-Length: ${length}`, ...more];

const events = ['data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n', 'data: {"choices":[{"delta":{"content":"Grüße"}}]}\n\n', 'data: {"choices":[{"delta":{"content":" all"}}]}\n\n', "data: [DONE]\n\n"].join("");

test("startProxy: the request reaches the provider as it was sent, but for the fields of the hop", async () => {
  let seen = "";
  await using stood = await stand(
    rawServer((socket, head) => {
      seen = head;
      socket.end("HTTP/1.1 204 Nobody Here\r\n\r\n");
    }),
    "/base/",
  );
  await raw(stood.url, [...post("/v1/chat?key=1&b", 5, "X-Twice: a", "x-tWICE: b", "Authorization: Bearer sk-1", "Connection: close, X-Hop", "X-Hop: gone", "Expect: 100-continue")], "hello");
  const lines = seen.split("\r\n");
  expect(lines[0]).toBe("POST /base/v1/chat?key=1&b HTTP/1.1");
  expect(lines[1]).toMatch(/^Host: 127\.0\.0\.1:\d+$/);
  expect(lines.slice(2, 6)).toEqual(["Content-Length: 5", "X-Twice: a", "x-tWICE: b", "Authorization: Bearer sk-1"]);
  expect(seen).not.toMatch(/gone|Expect/);
  expect(seen.endsWith("\r\n\r\nhello")).toBe(true);
});

test("startProxy: the answer reaches the client as it was sent: status line, fields, bytes", async () => {
  const body = gzipSync(events);
  await using stood = await stand(rawServer((socket) => socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 299 Quite So\r\nX-Two: 1\r\nx-two: 2\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`), body]))));
  const { text } = await raw(stood.url, post("/v1/chat/completions", 2, "Connection: close"), "{}");
  const [head, sent] = [text.slice(0, text.indexOf("\r\n\r\n")), text.slice(text.indexOf("\r\n\r\n") + 4)] as const;
  expect(head.split("\r\n").filter((line) => !/^(connection|keep-alive)/i.test(line))).toEqual(["HTTP/1.1 299 Quite So", "X-Two: 1", "x-two: 2", "Content-Type: text/event-stream", "Content-Encoding: gzip", `Content-Length: ${body.length}`]);
  expect(Buffer.from(sent, "latin1").equals(body)).toBe(true);
  const [exchange] = await stood.recorded(1);
  expect(exchange).toMatchObject({ end: "answered", failure: null, stream: true, tokens: 2, requestBytes: 2, responseBytes: body.length });
  expect(exchange!.firstTokenMs).toBeGreaterThan(0);
});

test("startProxy: an error's body is kept without its contents", async () => {
  const body = '{"error":{"message":"Invalid value: \'the launch codes\' for Marvin","code":"invalid_value"}}';
  await using stood = await stand(rawServer((socket) => socket.end(`HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`)));
  expect((await raw(stood.url, post("/v1/messages", 0, "Connection: close"))).text).toContain(body);
  expect(await stood.recorded(1)).toMatchObject([{ end: "failed", failure: "429" }]);
  expect(stood.errors).toEqual([{ status: 429, contentType: "application/json", retryAfterS: 7, body: '{"error":{"message":"Invalid value: \'…\' for …","code":"invalid_value"}}' }]);
});

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

test.each([
  ["resets the connection in a stream", (socket: Socket) => socket.write(streamHead + chunk(events.slice(0, 120)), () => setImmediate(() => socket.resetAndDestroy())), "rst", { end: "truncated", failure: null }],
  ["closes the connection in a stream", (socket: Socket) => socket.end(streamHead + chunk(events.slice(0, 120))), "fin", { end: "truncated", failure: null }],
  ["ends a stream well, without its terminal event", (socket: Socket) => socket.end(`${streamHead}${chunk(events.slice(0, 120))}0\r\n\r\n`), "fin", { end: "truncated", failure: null }],
  ["resets the connection before it answers", (socket: Socket) => socket.resetAndDestroy(), "rst", { end: "failed", failure: "reset" }],
] as const)("startProxy: a provider that %s does so to the client", async (_what, answer, end, recorded) => {
  await using stood = await stand(rawServer(answer));
  const result = await raw(stood.url, post("/v1/chat/completions", 0, "Connection: close"));
  expect(result.end).toBe(end);
  if (recorded.end === "truncated") expect(result.text).toContain("Gr");
  expect(await stood.recorded(1)).toMatchObject([recorded]);
});

/** A provider on kept connections: what it does to each request, by the number of the request. */
type Deed = "answer" | "reset before headers" | "reset in headers" | "reset in the body" | "close before headers";

function scriptedServer(deedOf: (request: number) => Deed): TcpServer {
  let requests = 0;
  const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n";
  const reset = (socket: Socket) => void setImmediate(() => socket.resetAndDestroy());
  const deeds: Readonly<Record<Deed, (socket: Socket) => void>> = {
    answer: (socket) => void socket.write(`${head}\r\n{"usage":{"total":1}}`.slice(0, head.length + 22)),
    "reset before headers": reset,
    "reset in headers": (socket) => void socket.write(head, () => reset(socket)),
    "reset in the body": (socket) => void socket.write(`${head}\r\n{"usage"`, () => reset(socket)),
    "close before headers": (socket) => void socket.end(),
  };
  return createTcpServer((socket) => {
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (piece) => {
      text += piece.toString("latin1");
      if (!text.endsWith("\r\n\r\n{}")) return;
      text = "";
      deeds[deedOf(requests++)](socket);
    });
  });
}

/** Requests one after the other on kept connections, as their client counts them. */
async function count(url: string, requests: number, before: (request: number) => void = () => {}): Promise<Record<"answered" | "reset" | "cut", number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const counts = { answered: 0, reset: 0, cut: 0 };
  for (let index = 0; index < requests; index++) {
    before(index);
    counts[await outcome(url, agent)]++;
  }
  agent.destroy();
  return counts;
}

function outcome(url: string, agent: Agent): Promise<"answered" | "reset" | "cut"> {
  return new Promise((resolve) => {
    const request = httpRequest(`${url}/v1/chat/completions`, { method: "POST", agent, headers: { "content-length": 2 } });
    let begun = false;
    request.on("error", () => resolve(begun ? "cut" : "reset"));
    request.on("response", (response) => {
      begun = true;
      response.on("end", () => resolve("answered")).on("error", () => resolve("cut")).resume();
    });
    request.end("{}");
  });
}

const endsOf = (exchanges: readonly Exchange[]) => Object.fromEntries([...Map.groupBy(exchanges, ({ end }) => end)].map(([end, some]) => [end, some.length]));

test.each([
  ["reset before headers", { answered: 57, reset: 3, cut: 0 }, { answered: 57, failed: 3 }],
  ["close before headers", { answered: 57, reset: 3, cut: 0 }, { answered: 57, failed: 3 }],
  ["reset in headers", { answered: 57, reset: 3, cut: 0 }, { answered: 57, failed: 3 }],
  ["reset in the body", { answered: 57, reset: 0, cut: 3 }, { answered: 57, truncated: 3 }],
] as const)("startProxy: every 20th request on kept connections meets a %s, and the counts are the client's", async (deed, seen, recorded) => {
  await using stood = await stand(scriptedServer((request) => (request % 20 === 19 ? deed : "answer")));
  expect(await count(stood.url, 60)).toEqual(seen);
  expect(endsOf(await stood.recorded(60))).toEqual(recorded);
});

test("startProxy: every second request reset is half of them", async () => {
  await using stood = await stand(scriptedServer((request) => (request % 2 === 1 ? "reset before headers" : "answer")));
  expect(await count(stood.url, 40)).toEqual({ answered: 20, reset: 20, cut: 0 });
  expect(endsOf(await stood.recorded(40))).toEqual({ answered: 20, failed: 20 });
});

test("startProxy: a reset at once on a connection that was idle is excluded and counted; one after a part of the answer is a failure", async () => {
  let nowMs = 0;
  const deeds: readonly Deed[] = ["answer", "reset before headers", "answer", "reset in headers", "answer", "close before headers", "answer", "reset in the body"];
  await using stood = await stand(scriptedServer((request) => deeds[request]!), "", () => nowMs);
  const seen = await count(stood.url, deeds.length, () => void (nowMs += 5_000));
  expect(seen).toEqual({ answered: 4, reset: 3, cut: 1 });
  expect(endsOf(await stood.recorded(deeds.length))).toEqual({ answered: 4, excluded: 2, failed: 1, truncated: 1 });
});

test("startProxy: a reset on a connection that was idle is a failure where it comes late", async () => {
  let nowMs = 0;
  const server = scriptedServer((request) => {
    if (request === 1) nowMs += 2_000;
    return request === 1 ? "reset before headers" : "answer";
  });
  await using stood = await stand(server, "", () => nowMs);
  expect(await count(stood.url, 2, () => void (nowMs += 5_000))).toEqual({ answered: 1, reset: 1, cut: 0 });
  expect(endsOf(await stood.recorded(2))).toEqual({ answered: 1, failed: 1 });
});

test("startProxy: a provider that does not listen is a reset, and recorded as one", async () => {
  await using stood = await stand(null);
  expect((await raw(stood.url, post("/v1/chat/completions", 0))).end).toBe("rst");
  expect(await stood.recorded(1)).toMatchObject([{ end: "failed", failure: "reset", responseBytes: 0 }]);
});

test("startProxy: a client that leaves takes its request at the provider along", async () => {
  const gone = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const server = createHttpServer((_request: IncomingMessage, response: ServerResponse) => {
    response.once("close", () => gone.resolve());
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(events.slice(0, 120));
    reached.resolve();
  });
  await using stood = await stand(server);
  const client = httpRequest(`${stood.url}/v1/chat/completions`, { method: "POST", agent: false });
  client.on("error", () => {});
  client.end();
  await reached.promise;
  await once(client, "response");
  client.destroy();
  await gone.promise;
  expect(await stood.recorded(1)).toMatchObject([{ end: "caller_gone", failure: null }]);
});

test("startProxy: a client that does not read holds the provider back", async () => {
  const total = 64 * 2 ** 20;
  let written = 0;
  const stuck = Promise.withResolvers<void>();
  const server = createHttpServer((_request: IncomingMessage, response: ServerResponse) => {
    const piece = Buffer.alloc(2 ** 16, 120);
    const more = () => {
      while (written < total) {
        written += piece.length;
        if (!response.write(piece)) return void response.once("drain", more);
      }
      response.end();
    };
    response.writeHead(200, { "content-type": "application/octet-stream" });
    more();
    stuck.resolve();
  });
  await using stood = await stand(server);
  const client = httpRequest(`${stood.url}/v1/files`, { method: "POST", agent: false });
  client.end();
  const [response] = (await once(client, "response")) as [IncomingMessage];
  await stuck.promise;
  // Nobody reads: what the sockets and the two servers hold comes to rest, far below the whole.
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(written).toBeLessThan(total / 2);
  let read = 0;
  for await (const piece of response as AsyncIterable<Buffer>) read += piece.length;
  expect(read).toBe(total);
  expect(await stood.recorded(1)).toMatchObject([{ end: "answered", responseBytes: total }]);
});

test("startProxy: a port in use is reported", async () => {
  await using stood = await stand(createHttpServer());
  await expect(startProxy(new URL("http://127.0.0.1:1"), Number(new URL(stood.url).port), { onExchange: () => {}, onOther: () => {} })).rejects.toMatchObject({ code: "port_in_use" });
});

import { once } from "node:events";
import { createServer, request as send, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { neverSignal } from "../../kernel/signal.ts";
import { forwardProxies } from "./forward-proxy.ts";
import { LookUps } from "./look-ups.ts";
import { UndiciTransport } from "./transport.ts";

test.each([
  [{}, { http: "", https: "" }],
  [{ HTTPS_PROXY: "http://proxy:3128" }, { http: "", https: "http://proxy:3128" }],
  [{ HTTP_PROXY: "proxy:3128", HTTPS_PROXY: " " }, { http: "http://proxy:3128", https: "" }],
  [{ HTTPS_PROXY: "http://large:1", https_proxy: "http://small:1" }, { http: "", https: "http://small:1" }],
  [{ HTTPS_PROXY: "http://large:1", https_proxy: "" }, { http: "", https: "" }],
])("forwardProxies: %j is %j", (environment, expected) => {
  expect(forwardProxies(environment)).toMatchObject(expected);
});

async function listen(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** A forward proxy that takes all hosts for one, and opens no tunnels. */
async function startProxy() {
  const origin = await listen((request, response) => void request.resume().on("end", () => response.end(`host ${request.headers.host}`)));
  const asked: string[] = [];
  const { server, port } = await listen((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const { method, headers } = request;
    request.pipe(send({ host: "127.0.0.1", port: origin.port, method, headers }, (answer) => answer.pipe(response)));
  });
  server.on("connect", ({ method, url, headers }, socket) => {
    asked.push(`${method} ${url} ${headers["proxy-authorization"] ?? ""}`);
    socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
  });
  return { asked, origin, at: `127.0.0.1:${port}` };
}

function transportBy(environment: Readonly<Record<string, string>>): UndiciTransport {
  const transport = new UndiciTransport(() => 1_000, new LookUps(), forwardProxies(environment));
  onTestFinished(() => transport.close());
  return transport;
}

async function answerOf(transport: UndiciTransport, url: string): Promise<string> {
  const { body } = await transport.open({ method: "POST", url, headers: { "content-type": "application/json" }, body: Buffer.from("{}") }, neverSignal);
  let text = "";
  for await (const part of body) text += Buffer.from(part).toString();
  return text;
}

test("UndiciTransport: HTTP_PROXY gets the requests to other machines, and those to this one go past it", async () => {
  const { asked, origin, at } = await startProxy();
  const transport = transportBy({ HTTP_PROXY: at });
  expect(await answerOf(transport, "http://api.example.test/v1/chat")).toBe("host api.example.test");
  expect(await answerOf(transport, `http://127.0.0.1:${origin.port}/v1/chat`)).toBe(`host 127.0.0.1:${origin.port}`);
  expect(asked).toEqual(["POST http://api.example.test/v1/chat"]);
});

test("UndiciTransport: HTTPS_PROXY is asked for a tunnel with the password of its URL, and one that it refuses cannot be connected to", async () => {
  const { asked, at } = await startProxy();
  await expect(answerOf(transportBy({ HTTPS_PROXY: `http://ada:word@${at}` }), "https://api.example.test/v1/chat")).rejects.toMatchObject({ kind: "refused", message: expect.stringContaining("407") as string });
  expect(asked).toEqual([`CONNECT api.example.test:443 Basic ${Buffer.from("ada:word").toString("base64")}`]);
});

test.each([
  ["NO_PROXY names its domain", { HTTPS_PROXY: true, NO_PROXY: "other.test, .example.test" }, "https://api.example.test/v1"],
  ["NO_PROXY is a star", { HTTP_PROXY: true, NO_PROXY: "*" }, "http://api.example.test/v1"],
  ["the proxy is that of the other scheme", { HTTPS_PROXY: true }, "http://api.example.test/v1"],
  ["the proxy is that of plain HTTP", { HTTP_PROXY: true }, "https://api.example.test/v1"],
])("UndiciTransport: no proxy is asked where %s", async (_, environment, url) => {
  const { asked, at } = await startProxy();
  const named = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value === true ? at : String(value)]));
  await expect(answerOf(transportBy(named), url)).rejects.toMatchObject({ kind: "dns" });
  expect(asked).toEqual([]);
});

test("UndiciTransport: a proxy that is not there cannot be connected to", async () => {
  await expect(answerOf(transportBy({ HTTPS_PROXY: "127.0.0.1:1" }), "https://api.example.test/v1")).rejects.toMatchObject({ kind: "refused" });
});

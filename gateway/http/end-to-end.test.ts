import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import OpenAI, { APIError } from "openai";
import { expect, onTestFinished, test } from "vitest";
import { startGateway, type GatewayProcess } from "./process.ts";
import { untilPasses } from "../../test/support/until-passes.ts";

type Answer = (response: ServerResponse, request: IncomingMessage, body: Record<string, unknown>) => void;

async function provider(answer: Answer) {
  const seen: { headers: IncomingMessage["headers"]; body: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part)).on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
      seen.push({ headers: request.headers, body });
      answer(response, request, body);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: "up", object: "chat.completion.chunk", created: 1, model: "m-1", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const usage = `data: ${JSON.stringify({ id: "up", model: "m-1", choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } })}\n\n`;
const streamHead = { "content-type": "text/event-stream" };

const whole: Answer = (response, _, body) => {
  if (body["stream"] === true) {
    response.writeHead(200, streamHead);
    response.end(chunk({ role: "assistant", content: "" }) + chunk({ content: "Hé" }) + chunk({ content: "llo" }) + chunk({}, "stop") + usage + "data: [DONE]\n\n");
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: "up", model: "m-1", choices: [{ message: { role: "assistant", content: "Héllo" }, finish_reason: "stop" }], usage: { prompt_tokens: 3, completion_tokens: 2 } }));
};

interface Started {
  readonly gateway: GatewayProcess;
  readonly openai: OpenAI;
  readonly lines: Record<string, unknown>[];
  readonly file: string;
}

async function gatewayTo(baseUrls: readonly string[], extra: object = {}): Promise<Started> {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  const file = path.join(folder, "gateway.json");
  const deployments = baseUrls.map((baseUrl, index) => ({ name: `d${index}`, dialect: "openai", model: "m-1", baseUrl, credential: "env:PROVIDER_KEY" }));
  writeFileSync(file, JSON.stringify({ keys: [{ key: "vk-1", team: "search", feature: "answers" }], deployments, routes: [{ name: "chat", deployments: deployments.map(({ name }) => name) }], admin: { open: true }, ...extra }));
  const lines: Record<string, unknown>[] = [];
  const gateway = await startGateway({ configFile: file, environment: { PROVIDER_KEY: "sk-secret" }, writeLine: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  onTestFinished(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true });
  });
  return { gateway, openai: new OpenAI({ apiKey: "vk-1", baseURL: `${gateway.url}/v1`, maxRetries: 0 }), lines, file };
}

const ask = { model: "chat", messages: [{ role: "user" as const, content: "Say it." }] };

test("gateway: a JSON answer to the OpenAI SDK; identity and ids go up, the virtual key does not", async () => {
  const { baseUrl, seen } = await provider(whole);
  const { openai, lines } = await gatewayTo([baseUrl]);
  const { data, response } = await openai.chat.completions.create(ask, { headers: { "x-client-request-id": "r-1" } }).withResponse();
  expect(data).toMatchObject({ object: "chat.completion", choices: [{ message: { role: "assistant", content: "Héllo" }, finish_reason: "stop" }], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } });
  expect(response.headers.get("x-blastlab-deployment")).toBe("d0");
  expect(response.headers.get("x-blastlab-attempts")).toMatch(/^d0:ok@\d+$/);
  expect(seen[0]!.headers).toMatchObject({ authorization: "Bearer sk-secret", "x-client-request-id": "r-1" });
  expect(seen[0]!.body).toMatchObject({ model: "m-1", messages: ask.messages });
  expect(JSON.stringify(seen) + JSON.stringify(lines)).not.toContain("vk-1");
  expect(lines).toMatchObject([{ event: "request", requestId: "r-1", outcome: "success", team: "search" }]);
});

test("gateway: a stream to the OpenAI SDK, with usage where it is asked for", async () => {
  const { baseUrl } = await provider(whole);
  const { openai } = await gatewayTo([baseUrl]);
  const stream = await openai.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } });
  const chunks = [];
  for await (const part of stream) chunks.push(part);
  expect(chunks.map((part) => part.choices[0]?.delta.content ?? "").join("")).toBe("Héllo");
  expect(chunks.find((part) => part.choices[0]?.finish_reason != null)?.choices[0]?.finish_reason).toBe("stop");
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } });
});

test.each([
  ["FIN", (response: ServerResponse) => void response.socket!.end()],
  ["RST", (response: ServerResponse) => void response.socket!.resetAndDestroy()],
  ["a clean end without [DONE]", (response: ServerResponse) => void response.end()],
])("gateway: %s within a stream raises in the SDK: it never ends clean", async (_, breakIt) => {
  const gate = Promise.withResolvers<void>();
  const { baseUrl } = await provider((response) => {
    response.writeHead(200, streamHead).write(chunk({ content: "Hé" }));
    void gate.promise.then(() => breakIt(response));
  });
  const { openai, lines } = await gatewayTo([baseUrl]);
  const stream = await openai.chat.completions.create({ ...ask, stream: true });
  let text = "";
  const read = async () => {
    for await (const part of stream) {
      text += part.choices[0]?.delta.content ?? "";
      if (text !== "") gate.resolve();
    }
  };
  await expect(read()).rejects.toBeInstanceOf(APIError);
  expect(text).toBe("Hé");
  expect(lines.at(-1)).toMatchObject({ event: "request", outcome: expect.stringMatching(/^failure:/) });
});

test("gateway: a provider that fails before the first token is failed over; the client sees the other's answer", async () => {
  const failing = await provider((response) => response.writeHead(503, { "content-type": "application/json" }).end(`{"error":{"message":"no","type":"server_error"}}`));
  const { baseUrl } = await provider(whole);
  const { openai } = await gatewayTo([failing.baseUrl, baseUrl], { policy: { retry: { attemptsPerDeploymentMax: 1 } } });
  const { data, response } = await openai.chat.completions.create(ask).withResponse();
  expect(data.choices[0]?.message.content).toBe("Héllo");
  expect(response.headers.get("x-blastlab-attempts")).toMatch(/^d0:503@\d+;d1:ok@\d+$/);
});

test.each([
  ["while it waits for the first token", () => {}],
  ["in mid-stream", (response: ServerResponse) => void response.writeHead(200, streamHead).write(chunk({ content: "x" }))],
])("gateway: a client that leaves %s takes the provider's request with it", async (_, begin) => {
  const arrived = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const { baseUrl } = await provider((response) => {
    response.on("close", closed.resolve);
    begin(response);
    arrived.resolve();
  });
  const { openai, lines, gateway } = await gatewayTo([baseUrl]);
  const client = new AbortController();
  const answer = openai.chat.completions.create({ ...ask, stream: true }, { signal: client.signal });
  answer.catch(() => {});
  await arrived.promise;
  client.abort();
  await closed.promise;
  await untilPasses(() => expect(lines).toMatchObject([{ event: "request", outcome: "cancelled" }]));
  expect(await (await fetch(`${gateway.url}/admin/state`)).json()).toMatchObject({ inFlight: 0 });
});

test("gateway: a client that does not read stops the provider, and loses nothing once it reads", async () => {
  const pieces = 2_000;
  const text = "x".repeat(16 * 1024);
  let written = 0;
  const { baseUrl } = await provider((response) => {
    response.writeHead(200, streamHead);
    const more = () => {
      while (written < pieces) {
        written++;
        if (!response.write(chunk({ content: text }))) return void response.once("drain", more);
      }
      response.end(chunk({}, "stop") + "data: [DONE]\n\n");
    };
    more();
  });
  const { gateway } = await gatewayTo([baseUrl]);
  const body = JSON.stringify({ ...ask, stream: true });
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer vk-1\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  await once(socket, "readable");
  let last = -1;
  await untilPasses(() => {
    const before = last;
    last = written;
    expect(last).toBe(before);
  }, 200);
  expect(written).toBeLessThan(pieces);
  let received = "";
  for await (const part of socket) received += String(part);
  expect(received).toContain("data: [DONE]");
  expect(received.split("x").length - 1).toBeGreaterThanOrEqual(pieces * text.length);
});

test("server: health, state, metrics; the core's 404; a key unknown", async () => {
  const { baseUrl } = await provider(whole);
  const { gateway, openai } = await gatewayTo([baseUrl]);
  await openai.chat.completions.create(ask);
  const get = (at: string) => fetch(`${gateway.url}${at}`);
  expect(await (await get("/health/live")).json()).toEqual({ ok: true });
  expect(await (await get("/health/ready")).json()).toEqual({ ok: true });
  expect(await (await get("/admin/state")).json()).toMatchObject({ inFlight: 0, breakers: [{ deployment: "d0", state: "closed" }] });
  expect(await (await get("/metrics")).text()).toContain(`blastlab_gateway_requests_total{route="chat",team="search",feature="answers",outcome="success"} 1`);
  const missing = await fetch(`${gateway.url}/v1/nothing`, { method: "POST", body: "{}" });
  expect([missing.status, await missing.json()]).toMatchObject([404, { error: { code: "not_found" } }]);
  const stranger = new OpenAI({ apiKey: "vk-2", baseURL: `${gateway.url}/v1`, maxRetries: 0 });
  await expect(stranger.chat.completions.create(ask)).rejects.toMatchObject({ status: 401 });
  await expect(openai.chat.completions.create({ ...ask, messages: [] })).rejects.toMatchObject({ status: 400, code: "invalid_type" });
});

test("GatewayProcess.reload: the next request goes by the new config; a bad one changes nothing", async () => {
  const { baseUrl } = await provider(whole);
  const { gateway, openai, file } = await gatewayTo([baseUrl]);
  const config = { keys: [{ key: "vk-1", team: "search", feature: "answers" }], deployments: [{ name: "renamed", dialect: "openai", model: "m-1", baseUrl, credential: "env:PROVIDER_KEY" }], routes: [{ name: "chat", deployments: ["renamed"] }] };
  const answeredBy = async () => (await openai.chat.completions.create(ask).withResponse()).response.headers.get("x-blastlab-deployment");
  expect(await answeredBy()).toBe("d0");
  writeFileSync(file, "{");
  expect(gateway.reload()).toMatchObject({ code: "config_invalid" });
  expect(await answeredBy()).toBe("d0");
  writeFileSync(file, JSON.stringify(config));
  expect(gateway.reload()).toBeNull();
  expect(await answeredBy()).toBe("renamed");
});

test("GatewayProcess.close: lets a request in flight finish", async () => {
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { baseUrl } = await provider((response, request, body) => {
    arrived.resolve();
    void gate.promise.then(() => whole(response, request, body));
  });
  const { gateway, openai } = await gatewayTo([baseUrl]);
  const answer = openai.chat.completions.create(ask);
  await arrived.promise;
  const closing = gateway.close();
  gate.resolve();
  expect((await answer).choices[0]?.message.content).toBe("Héllo");
  await closing;
});

test("gateway: a stream that is cut because the process ends is logged, and its client told", async () => {
  const { baseUrl } = await provider((response) => {
    response.writeHead(200, streamHead);
    response.write(chunk({ content: "Hé" }));
  });
  const { gateway, lines } = await gatewayTo([baseUrl], { drainMs: 50 });
  const streams = Array.from({ length: 5 }, async (_, index) => {
    const headers = { authorization: "Bearer vk-1", "x-client-request-id": `cut-${index}` };
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify({ ...ask, stream: true }) });
    return { ended: answer.text().then((text) => (text.includes("gateway_shutting_down") ? "told" : "whole"), () => "cut") };
  });
  const ended = (await Promise.all(streams)).map((stream) => stream.ended);
  await gateway.close();
  expect(lines.map(({ requestId, outcome }) => `${String(requestId)} ${String(outcome)}`).toSorted()).toEqual(Array.from({ length: 5 }, (_, index) => `cut-${index} rejected:shutdown`));
  expect(await Promise.all(ended)).toEqual(Array(5).fill("told"));
});

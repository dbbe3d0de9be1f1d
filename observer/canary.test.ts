import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { messageDigest } from "../kernel/mark.ts";
import { sendProbe } from "./canary.ts";
import { canaryRecord, probeRequest, probesOf } from "./measure/probe.ts";
import { cellNamed, legOf, markOf, outsider, planOf } from "./measure/testing.ts";

const plan = planOf({ cells: [cellNamed("red"), cellNamed("blue", "side")] });
const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

async function probeAgainst(answer: (request: IncomingMessage, response: ServerResponse, body: { messages: { content: string }[] }) => void) {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => answer(request, response, JSON.parse(text) as { messages: { content: string }[] }));
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let now = 0;
  return sendProbe({ route: "main", targets: [target], key: "vk", headers: {} }, { plan, number: 3, nowMs: () => (now += 5) });
}

const says = (response: ServerResponse, content: string) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ choices: [{ message: { content } }] }));
const digestOfBody = (body: { messages: { content: string }[] }) => messageDigest(plan.markKey, body.messages[0]!.content);

test("sendProbe: a whole answer to it, by a deployment of the route, is ok; the request carries its id and key", async () => {
  let seen: IncomingMessage | undefined;
  const record = await probeAgainst((request, response, body) => {
    seen = request;
    says(response, legOf(markOf({ answerId: "x", digest: digestOfBody(body) })));
  });
  expect(record).toEqual({ probe: "canary-main-3", route: "main", sentMs: 5, endMs: 10, status: 200, ok: true, failure: null, detail: "" });
  expect(seen?.headers).toMatchObject({ "x-client-request-id": "canary-main-3", authorization: "Bearer vk" });
});

test("sendProbe: its prompt is in no plan of a workload: a digest that the plan knows would be another's answer", async () => {
  const record = await probeAgainst((_, response) => says(response, legOf(markOf({ answerId: "x", digest: plan.prompts[0]!.digest }))));
  expect(record).toMatchObject({ ok: false, status: 200, failure: "contract", detail: "an answer to another message" });
});

test.each<[string, string, (response: ServerResponse, digest: string) => void]>([
  ["a provider outside the route", "contract", (response, digest) => says(response, legOf(markOf({ answerId: "x", deployment: outsider, digest })))],
  ["a lost word", "contract", (response, digest) => says(response, legOf(markOf({ answerId: "x", digest })).split(" ").toSpliced(2, 1).join(" "))],
  ["an answer that does not close", "truncated", (response, digest) => says(response, legOf(markOf({ answerId: "x", digest }), 1, 4, true))],
  ["a body that is not the dialect's", "malformed", (response) => response.writeHead(200).end("<html>")],
  ["503", "overloaded", (response) => response.writeHead(503).end("busy")],
  ["429", "rate_limited", (response) => response.writeHead(429).end("slow down")],
  ["500", "server_error", (response) => response.writeHead(500).end("no")],
  ["401", "auth", (response) => response.writeHead(401).end("who?")],
  ["a connection that is reset", "reset", (response) => response.socket!.resetAndDestroy()],
  ["a connection that closes without an answer", "closed_early", (response) => response.socket!.end()],
  ["a body that never ends", "malformed", (response) => response.writeHead(200).end("x".repeat((1 << 20) + 1))],
  ["a body that breaks off", "truncated", (response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("{", () => response.socket!.end());
  }],
])("sendProbe: %s is not ok: %s", async (_, failure, answer) => {
  expect(await probeAgainst((_request, response, body) => answer(response, digestOfBody(body)))).toMatchObject({ ok: false, failure });
});

test("sendProbe: a port where nobody listens is refused", async () => {
  // A privileged port, which no test is given. Probes use fetch, which never dials port 1.
  const record = await sendProbe({ route: "main", targets: ["http://127.0.0.1:2"], key: "k", headers: {} }, { plan, number: 0, nowMs: () => 0 });
  expect(record).toMatchObject({ ok: false, status: null, failure: "refused" });
});

test("probesOf: one a route that a cell uses, as a client of that cell, or with the observer's own key", () => {
  const targets = { local: ["http://127.0.0.1:9"] };
  const keys = { "red/chat": "vk-red", "blue/chat": "vk-blue" };
  expect(probesOf(plan, { targets, keys })).toEqual([
    { route: "main", targets: targets.local, key: "vk-red", headers: {} },
    { route: "side", targets: targets.local, key: "vk-blue", headers: {} },
  ]);
  expect(probesOf(plan, { targets, keys: { ...keys, "observer/canary": "vk-own" } }).map(({ key }) => key)).toEqual(["vk-own", "vk-own"]);
  expect(probesOf(plan, { targets: {}, keys })).toEqual([]);
});

test("probeRequest: the probes of a route go to its entries in turn, and their records name them", () => {
  const [probe] = probesOf(plan, { targets: { local: ["http://a", "http://b"] }, keys: { "red/chat": "vk" } });
  expect([0, 1, 2].map((number) => probeRequest(probe!, number).url.slice(0, 8))).toEqual(["http://a", "http://b", "http://a"]);
  expect(canaryRecord(probe!, 1, { sentMs: 0, endMs: 1, status: 200, failure: null, detail: "" })).toMatchObject({ entry: "http://b", ok: true });
});

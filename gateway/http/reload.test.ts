import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { startGateway } from "./process.ts";
import { schemaVersion } from "./telemetry/schema.ts";

const chunk = (delta: object, finish: string | null = null) => `data: ${JSON.stringify({ id: "up", model: "m-1", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/**
 * Streams three words, each a few ms after the other, so that reloads meet answers that are under way. Keeps the
 * credentials that it saw.
 */
async function provider() {
  const credentials = new Set<string>();
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    credentials.add(request.headers.authorization ?? "");
    void text(request).then(async () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const word of ["one", " two", " three"]) {
        response.write(chunk({ content: word }));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      response.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
    });
  }).listen(0, "127.0.0.1");
  /** It says so in its answers: a connection that ends was closed by the gateway. */
  server.keepAliveTimeout = 600_000;
  server.on("connection", (socket) => sockets.add(socket));
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { credentials, sockets, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

async function gateway(baseUrl: string) {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  const [file, keyFile] = [path.join(folder, "gateway.json"), path.join(folder, "key")];
  const write = (name: string, extra: object = {}) =>
    writeFileSync(
      file,
      JSON.stringify({
        keys: [{ key: "vk-1", team: "search", feature: "answers" }],
        deployments: [{ name, dialect: "openai", model: "m-1", baseUrl, credential: `file:${keyFile}` }],
        routes: [{ name: "chat", deployments: [name] }],
        limits: { rules: [{ team: "search", windowMs: 3_600_000, requests: 1_000_000 }] },
        admin: { open: true },
        ...extra,
      }),
    );
  writeFileSync(keyFile, "first-key");
  write("d0");
  const started = await startGateway({ configFile: file, environment: {}, writeLine: () => {} });
  onTestFinished(async () => {
    await started.close();
    rmSync(folder, { recursive: true });
  });
  const ask = async () => {
    const answer = await fetch(`${started.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer vk-1" },
      body: JSON.stringify({ model: "chat", stream: true, messages: [{ role: "user", content: "x" }] }),
    });
    const body = await answer.text();
    return { isWhole: answer.status === 200 && body.includes(" three") && body.endsWith("data: [DONE]\n\n"), deployment: answer.headers.get("x-blastlab-deployment") };
  };
  return { started, file, keyFile, write, ask };
}

test("GatewayProcess.reload: 20 reloads under load, half of them refused, fail no request", async () => {
  const { baseUrl } = await provider();
  const { started, file, write, ask } = await gateway(baseUrl);
  let isOver = false;
  const answers: Awaited<ReturnType<typeof ask>>[] = [];
  const client = async () => {
    while (!isOver) answers.push(await ask());
  };
  const clients = Array.from({ length: 8 }, client);
  const more = async () => {
    const seen = answers.length;
    while (answers.length < seen + 8) await ask();
  };
  await more();
  for (let round = 1; round <= 20; round++) {
    if (round % 2 === 0) writeFileSync(file, round % 4 === 0 ? "{ broken" : JSON.stringify({ keys: [] }));
    else write(`d${round}`, { concurrencyMax: 100 + round, policy: { retry: { attemptsMax: round } } });
    expect(started.reload() === null).toBe(round % 2 === 1);
    await more();
  }
  isOver = true;
  await Promise.all(clients);
  expect(answers.length).toBeGreaterThan(160);
  expect(answers.filter(({ isWhole }) => !isWhole)).toEqual([]);
  expect(new Set(answers.map(({ deployment }) => deployment))).toEqual(new Set(["d0", ...Array.from({ length: 10 }, (_, index) => `d${2 * index + 1}`)]));
  const state = (await (await fetch(`${started.url}/admin/state`)).json()) as { inFlight: number; config: object };
  expect(state).toMatchObject({ inFlight: 0, config: { reloads: 10, refused: expect.stringContaining("gateway.json") as string } });
});

test("GatewayProcess.reload: connections to a provider that the config no longer names are closed", async () => {
  const { baseUrl, sockets } = await provider();
  const other = await provider();
  const { started, write, ask } = await gateway(baseUrl);
  await ask();
  const [idle] = sockets;
  const closed = once(idle!, "close");
  write("d1", { deployments: [{ name: "d1", dialect: "openai", model: "m-1", baseUrl: other.baseUrl, credential: "env:K" }] });
  expect(started.reload()).toBeNull();
  await closed;
});

test("GatewayProcess: a credential's file that is replaced is in force for requests that come after, without restart", async () => {
  const { baseUrl, credentials } = await provider();
  const { keyFile, ask } = await gateway(baseUrl);
  await ask();
  writeFileSync(keyFile, "second-key");
  for (let tries = 0; tries < 500 && !credentials.has("Bearer second-key"); tries++) expect((await ask()).isWhole).toBe(true);
  expect([...credentials]).toEqual(["Bearer first-key", "Bearer second-key"]);
});

test("GatewayProcess: /admin/state says what is left, who decides and which schema it speaks", async () => {
  const { baseUrl } = await provider();
  const { started, ask } = await gateway(baseUrl);
  await ask();
  expect(await (await fetch(`${started.url}/admin/state`)).json()).toMatchObject({
    inFlight: 0,
    shed: {},
    breakers: [{ deployment: "d0", state: "closed", reason: "" }],
    limits: [{ team: "search", unit: "requests", limit: 1_000_000, left: 999_999, from: "shared" }],
    store: { kind: "memory" },
    config: { reloads: 0, refused: null },
    schemaVersion,
  });
});

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { findRedis, startRedis } from "../support/redis.ts";
import { bareEnvironment } from "../support/environment.ts";
import { formsOf } from "../support/secret-scan.ts";
import { untilPasses } from "../support/until-passes.ts";

/** Planted keys: what a run leaves behind may hold none of them, nor a part that would do. */
const planted = {
  environmentKey: "sk-planted-ENV-4f9d8c7b6a5e4d3c2b1a",
  fileKey: "sk-planted-FILE-1a2b3c4d5e6f7a8b9c0d",
  rotatedKey: "sk-planted-ROTATED-9e8d7c6b5a4f3e2d",
  virtualKey: "vk-planted-CLIENT-7c6b5a4f3e2d1c0b9a8f",
  strangerKey: "vk-planted-STRANGER-0b1c2d3e4f5a6b7c8d9e",
  storePassword: "pw-planted-REDIS-5d4c3b2a1f0e9d8c7b6a",
  collectorKey: "ck-planted-OTLP-3b2a1f0e9d8c7b6a5d4c",
};

/** Each key in every form of the scan, and its last twelve characters. */
const traces = Object.entries(planted).flatMap(([name, key]) => [...formsOf(key).map(({ text: form }) => form), key.slice(-12)].map((form) => ({ name, form })));
const leaksIn = (where: string, content: string) => traces.filter(({ form }) => content.includes(form)).map(({ name, form }) => `${where}: ${name} as ${form}`);

async function serve(handler: (request: IncomingMessage, response: ServerResponse, body: string) => void): Promise<string> {
  const server = createServer((request, response) => void text(request).then((body) => handler(request, response, body))).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = { "content-type": "application/json" };
const chunk = (value: object) => `data: ${JSON.stringify({ id: "up", model: "m-1", ...value })}\n\n`;
const delta = (content: string) => chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });

/** A provider that answers as the prompt says, and quotes the credential in all that goes wrong. */
function provider(seen: Set<string>) {
  return (request: IncomingMessage, response: ServerResponse, body: string) => {
    const { authorization = "" } = request.headers;
    seen.add(authorization);
    const { messages, stream } = JSON.parse(body) as { messages: { content: string }[]; stream: boolean };
    const wish = messages.at(-1)!.content;
    const error = JSON.stringify({ error: { message: `Incorrect API key provided: ${authorization}`, type: authorization, code: `bad ${authorization}`, param: authorization } });
    if (/^\d+$/.test(wish)) response.writeHead(Number(wish), { ...json, "x-echo": authorization }).end(error);
    else if (wish === "html") response.writeHead(502, { "content-type": "text/html" }).end(`<html>${authorization}</html>`);
    else if (wish === "shape") response.writeHead(200, json).end(JSON.stringify({ id: "up", model: authorization, choices: authorization }));
    else if (wish === "model") response.writeHead(200, json).end(JSON.stringify({ id: "up", model: authorization, choices: [{ message: { role: "assistant", content: "Fine" }, finish_reason: "stop" }] }));
    else if (wish === "reset") response.socket!.resetAndDestroy();
    else if (!stream) response.writeHead(200, json).end(JSON.stringify({ id: "up", model: "m-1", choices: [{ message: { role: "assistant", content: "Fine" }, finish_reason: "stop" }], usage: { prompt_tokens: 3, completion_tokens: 2 } }));
    else {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(delta("Fi"));
      response.end(wish === "break" ? `data: ${error}\n\n` : `${delta("ne")}${chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}data: [DONE]\n\n`);
    }
  };
}

const wishes = ["fine", "400", "401", "403", "404", "413", "422", "429", "500", "503", "529", "html", "shape", "model", "reset", "break"];

interface World {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly url: string;
  /** All that the process wrote, and that clients and the collector got. */
  readonly left: Map<string, string>;
  /** The collector's own key, as it came. */
  readonly collected: ReadonlySet<string>;
}

/**
 * The gateway as a process of its own that writes a report, as Node does for a crash, when told and when it crashes.
 */
async function start(folder: string, config: object, environment: Record<string, string>): Promise<World> {
  writeFileSync(path.join(folder, "gateway.json"), JSON.stringify(config));
  const left = new Map<string, string>();
  const collected = new Set<string>();
  const collector = await serve((request, response, body) => {
    collected.add(String(request.headers["x-collector-key"]));
    left.set(`trace ${request.url}`, (left.get(`trace ${request.url}`) ?? "") + body);
    response.writeHead(200, json).end("{}");
  });
  const crash = "data:text/javascript,process.on('SIGUSR1',()=>setImmediate(()=>{throw new Error('crash')}))";
  const flags = ["--report-on-signal", "--report-uncaught-exception", `--report-directory=${folder}`, "--import", crash];
  const child = spawn(process.execPath, [...flags, path.resolve(import.meta.dirname, "../../gateway/main.ts"), "--config", path.join(folder, "gateway.json")], {
    stdio: ["pipe", "pipe", "pipe"],
    env: bareEnvironment({ OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${planted.collectorKey}`, OTEL_BSP_SCHEDULE_DELAY: "100", ...environment }),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  for (const name of ["stdout", "stderr"] as const) child[name]!.on("data", (part) => left.set(name, (left.get(name) ?? "") + String(part)));
  await untilPasses(() => expect(left.get("stdout")).toContain("\n"));
  const { url } = JSON.parse(left.get("stdout")!) as { url: string };
  return { folder, child, url, left, collected };
}

async function ask(world: World, key: string, body: object, name: string): Promise<void> {
  const answer = await fetch(`${world.url}/v1/chat/completions`, { method: "POST", headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(body) });
  world.left.set(name, `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`);
}

test("secrets: no log, trace, metric, error, state or crash report of a full run holds a key", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const seen = new Set<string>();
  const baseUrl = `${await serve(provider(seen))}/v1`;
  const redis = findRedis() === null ? null : await startRedis({ password: planted.storePassword });
  if (redis !== null) onTestFinished(() => redis.kill());
  const keyFile = path.join(folder, "key");
  writeFileSync(keyFile, planted.fileKey);
  const deployment = (name: string, credential: string, at = baseUrl) => ({ name, dialect: "openai", model: "m-1", baseUrl: at, credential });
  const config = {
    keys: [{ key: planted.virtualKey, team: "search", feature: "answers" }],
    deployments: [deployment("one", "env:PLANTED_KEY"), deployment("two", `file:${keyFile}`), deployment("nobody", "env:PLANTED_KEY", "http://127.0.0.1:9/v1"), deployment("unset", "env:NOT_SET")],
    routes: ["one", "two", "nobody", "unset"].map((name) => ({ name, deployments: [name] })),
    admin: { open: true },
    policy: { breaker: null, retry: { attemptsMax: 2, backoff: { baseMs: 1, maxMs: 2 } } },
    limits: { rules: [{ team: "*", windowMs: 60_000, requests: 1_000 }] },
    ...(redis !== null && { store: { kind: "redis", url: redis.url, credential: "env:PLANTED_PASSWORD" } }),
  };
  const world = await start(folder, config, { PLANTED_KEY: planted.environmentKey, PLANTED_PASSWORD: planted.storePassword });

  for (const route of ["one", "two", "nobody", "unset"]) {
    for (const wish of route === "one" || route === "two" ? wishes : ["fine"]) {
      for (const stream of [true, false]) await ask(world, planted.virtualKey, { model: route, stream, messages: [{ role: "user", content: wish }] }, `answer ${route} ${wish} ${stream}`);
    }
  }
  await ask(world, planted.strangerKey, { model: "one", messages: [{ role: "user", content: "fine" }] }, "answer to a stranger");
  await ask(world, planted.virtualKey, { model: "none", messages: [] }, "answer without a message");
  writeFileSync(keyFile, planted.rotatedKey);
  await untilPasses(async () => {
    await ask(world, planted.virtualKey, { model: "two", messages: [{ role: "user", content: "401" }] }, "answer after the rotation");
    expect([...seen]).toContain(`Bearer ${planted.rotatedKey}`);
  });
  await refuseReloads(world, config);
  await redis?.kill();
  for (let count = 0; count < 5; count++) await ask(world, planted.virtualKey, { model: "one", messages: [{ role: "user", content: "fine" }] }, `answer without a store ${count}`);
  for (const at of ["/metrics", "/admin/state", "/health/ready", "/nothing"]) world.left.set(at, await (await fetch(world.url + at)).text());
  await untilPasses(() => expect(world.left.get("trace /v1/traces")).toContain("answers"));
  await dumps(world);

  expect([...seen].toSorted()).toEqual([planted.environmentKey, planted.fileKey, planted.rotatedKey].map((key) => `Bearer ${key}`).toSorted());
  expect([...world.collected]).toEqual([planted.collectorKey]);
  const reports = readdirSync(folder).filter((file) => file.startsWith("report."));
  expect(reports).toHaveLength(2);
  for (const report of reports) world.left.set(report, readFileSync(path.join(folder, report), "utf8"));
  expect(world.left.get("stderr")).toContain("crash");
  expect([...world.left].flatMap(([where, content]) => leaksIn(where, content))).toEqual([]);
});

test("secrets: the scan would find a key, whole or in part, as it is or encoded", () => {
  for (const [name, key] of Object.entries(planted)) {
    for (const leak of [`x ${key} x`, Buffer.from(`${key}`).toString("base64"), Buffer.from(key).toString("hex"), `...${key.slice(-12)}`]) expect(leaksIn("here", leak).join(), leak).toContain(name);
  }
});

/** Configs that cannot be used, with the mistake beside a key. */
async function refuseReloads({ child, left, folder }: World, config: object): Promise<void> {
  const whole = JSON.stringify(config);
  const broken = [whole.replace(`"${planted.virtualKey}"`, `"${planted.virtualKey}",`), whole.replace(`"${planted.virtualKey}"`, `"${planted.virtualKey}`), whole.replace('"key":', '"kee":'), `${whole}${whole}`];
  const repeated = { ...config, keys: Array(2).fill({ key: planted.virtualKey, team: "search", feature: "answers" }) };
  for (const [index, content] of [...broken, JSON.stringify(repeated)].entries()) {
    writeFileSync(path.join(folder, "gateway.json"), content);
    child.kill("SIGHUP");
    await untilPasses(() => expect(left.get("stderr")?.split("config_refused").length).toBe(index + 2));
  }
}

/** A report on demand, and one by a crash. */
async function dumps({ child, folder }: World): Promise<void> {
  const reports = () => readdirSync(folder).filter((file) => file.startsWith("report.")).length;
  child.kill("SIGUSR2");
  await untilPasses(() => expect(reports()).toBe(1));
  const exited = once(child, "exit");
  child.kill("SIGUSR1");
  await exited;
  expect(reports()).toBe(2);
}

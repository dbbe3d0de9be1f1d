import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";

const page = readFileSync(path.resolve(import.meta.dirname, "../docs/gateway.md"), "utf8");
const blocks = (language: string) => [...page.matchAll(/```(\w+)\n(.*?)```/gs)].filter(([, name]) => name === language).map(([, , text]) => text!);

const answers = {
  "/openai/v1/chat/completions": [503, { error: { message: "down", type: "server_error", code: "overloaded" } }],
  "/anthropic/v1/messages": [200, { id: "m", type: "message", role: "assistant", model: "claude-haiku-4-5", content: [{ type: "text", text: "Hello." }], stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 4, output_tokens: 2 } }],
} as const;

async function startProviders(): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answers[request.url as keyof typeof answers] ?? [404, {}];
    request.resume().on("end", () => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The page's file, with local servers in place of the providers and a port that is free. */
async function startGateway(): Promise<string> {
  const providers = await startProviders();
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-page-"));
  const file = path.join(folder, "gateway.yaml");
  const config = blocks("yaml")[0]!.replace("https://api.openai.com", `${providers}/openai`).replace("https://api.anthropic.com", `${providers}/anthropic`).replace("port: 8080", "port: 0");
  writeFileSync(file, config);
  const environment = { OPENAI_API_KEY: "sk-one", ANTHROPIC_API_KEY: "sk-two", ADMIN_KEY: "operator" };
  const child = spawn(process.execPath, [path.resolve(import.meta.dirname, "../gateway/main.ts"), "--config", file], { stdio: ["pipe", "pipe", "ignore"], env: { ...process.env, ...environment } });
  onTestFinished(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return (JSON.parse(line) as { url: string }).url;
}

/** A curl command of the page. */
function requestOf(command: string, gateway: string): Promise<Response> {
  const headers = [...command.matchAll(/-H "([^:]+): ([^"]+)"/g)].map(([, name, value]): [string, string] => [name!, value!.replace("$ADMIN_KEY", "operator")]);
  const body = /-d '(.*)'/s.exec(command)?.[1];
  const url = /http:\/\/127\.0\.0\.1:8080(\S*)/.exec(command)![1]!;
  return fetch(gateway + url, { headers, ...(body !== undefined && { method: "POST", body }) });
}

test("docs/gateway.md: its file starts, its request is answered by the fallback, and its operator reads the metrics", async () => {
  const gateway = await startGateway();
  const [ask, metrics] = blocks("sh").filter((text) => text.startsWith("curl"));
  const answer = await requestOf(ask!, gateway);
  expect([answer.status, answer.headers.get("x-blastlab-deployment")]).toEqual([200, "claude"]);
  expect(await answer.json()).toMatchObject({ choices: [{ message: { content: "Hello." } }] });
  const counted = await requestOf(metrics!, gateway);
  expect(counted.status).toBe(200);
  expect(await counted.text()).toContain('blastlab_gateway_requests_total{route="assistant",team="support",feature="chat",outcome="success"} 1');
});

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { startGateway } from "./process.ts";

/** Reports that it read a part of every prompt from its cache. */
async function provider(model: string) {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { stream } = JSON.parse(body) as { stream: boolean };
      const usage = { prompt_tokens: 1_000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 400 } };
      if (!stream) {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ id: "up", model, choices: [{ message: { role: "assistant", content: "Fine" }, finish_reason: "stop" }], usage }));
        return;
      }
      const chunk = (value: object) => `data: ${JSON.stringify({ id: "up", model, ...value })}\n\n`;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk({ choices: [{ index: 0, delta: { content: "Fi" }, finish_reason: null }] }));
      response.end(chunk({ choices: [{ index: 0, delta: { content: "ne" }, finish_reason: "stop" }] }) + chunk({ choices: [], usage }) + "data: [DONE]\n\n");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

test("gateway: what a request cost, by the built-in prices, in header, log and metrics; a model without a price is flagged", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "blastlab-"));
  const file = path.join(folder, "gateway.json");
  const deployment = (name: string, model: string, baseUrl: string) => ({ name, dialect: "openai", model, baseUrl, credential: "env:KEY" });
  const deployments = [deployment("known", "gpt-4o-mini", await provider("gpt-4o-mini")), deployment("unknown", "our-own", await provider("our-own"))];
  writeFileSync(file, JSON.stringify({ keys: [{ key: "vk-1", team: "search", feature: "answers" }], deployments, routes: deployments.map(({ name }) => ({ name, deployments: [name] })), admin: { open: true } }));
  const lines: Record<string, unknown>[] = [];
  const gateway = await startGateway({ configFile: file, environment: { KEY: "sk-any" }, writeLine: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  onTestFinished(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true });
  });
  const ask = async (model: string, stream: boolean) => {
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", headers: { authorization: "Bearer vk-1" }, body: JSON.stringify({ model, stream, messages: [{ role: "user", content: "x" }] }) });
    await answer.text();
    return answer.headers.get("x-blastlab-cost-usd");
  };

  expect([await ask("known", false), await ask("known", true), await ask("unknown", false)]).toEqual(["0.00018", null, "unknown"]);
  expect(lines.map(({ costUsd, failedCostUsd, billedCachedInputTokens }) => ({ costUsd, failedCostUsd, billedCachedInputTokens }))).toEqual([
    { costUsd: "0.00018", failedCostUsd: "0.0", billedCachedInputTokens: 400 },
    { costUsd: "0.00018", failedCostUsd: "0.0", billedCachedInputTokens: 400 },
    { costUsd: null, failedCostUsd: "0.0", billedCachedInputTokens: 400 },
  ]);
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  const owner = `team="search",feature="answers",deployment="known"`;
  expect(metrics).toContain(`blastlab_gateway_cost_usd_total{${owner},leg="answered"} 0.00036`);
  expect(metrics).toContain(`blastlab_gateway_tokens_total{${owner},kind="input"} 1200`);
  expect(metrics).toContain(`blastlab_gateway_tokens_total{${owner},kind="cached_input"} 800`);
  expect(metrics).toContain(`blastlab_gateway_tokens_total{${owner},kind="output"} 200`);
  expect(metrics).toContain(`blastlab_gateway_unpriced_attempts_total{deployment="unknown"} 1`);
});

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { dialects, startGatewayTo } from "../contract/support/gateway.ts";
import { untilPasses } from "../../test/support/until-passes.ts";

const chunk = (delta: object, finish: string | null = null) => `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m-1", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const rest = `${chunk({ content: "bye" })}${chunk({}, "stop")}data: [DONE]\n\n`;

/** A provider that begins a stream and goes on when the test does; a JSON answer it never gives. */
async function startHeld(drainMs: number) {
  const held: ServerResponse[] = [];
  const started = await startGatewayTo([[dialects[0], (response, { body }) => {
    held.push(response);
    if (body["stream"] !== true) return;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ role: "assistant", content: "hi " }));
  }]], { drainMs });
  const ask = (stream: boolean) =>
    fetch(`${started.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: "Bearer vk-1", "content-type": "application/json" },
      body: JSON.stringify({ model: "chat", stream, messages: [{ role: "user", content: "hello" }] }),
    });
  return { ...started, held, ask };
}

test("GatewayProcess.close: an open stream finishes, and new requests get 503 with Retry-After", async () => {
  const { gateway, url, held, ask } = await startHeld(30_000);
  const open = await ask(true);
  const closing = gateway.close();
  const refused = await ask(true);
  expect([refused.status, refused.headers.get("retry-after"), refused.headers.get("connection")]).toEqual([503, "1", "close"]);
  expect(await refused.json()).toMatchObject({ error: { code: "gateway_shutting_down" } });
  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  held[0]!.end(rest);
  const text = await open.text();
  expect(text).toContain("bye");
  expect(text).toMatch(/data: \[DONE\]\n\n$/);
  await closing;
  expect(held).toHaveLength(1);
});

test("GatewayProcess.close: an answer to a request that had arrived closes its connection", async () => {
  const { gateway, held, ask } = await startHeld(30_000);
  const waiting = ask(false);
  await untilPasses(() => expect(held).toHaveLength(1));
  const closing = gateway.close();
  held[0]!.writeHead(200, { "content-type": "application/json" });
  held[0]!.end(JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: "m-1", choices: [{ index: 0, message: { role: "assistant", content: "bye", refusal: null }, finish_reason: "stop" }] }));
  const answer = await waiting;
  expect([answer.status, answer.headers.get("connection")]).toEqual([200, "close"]);
  await closing;
});

test("GatewayProcess.close: what exceeds drainMs is cut, and its client told: a stream in-band, a JSON answer by 503", async () => {
  const { gateway, held, ask, lines } = await startHeld(0);
  const open = await ask(true);
  const waiting = ask(false);
  await untilPasses(() => expect(held).toHaveLength(2));
  const left = Promise.all(held.map((response) => once(response, "close")));
  await gateway.close();
  expect(await open.text()).toContain('"code":"gateway_shutting_down"');
  const answer = await waiting;
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  await left;
  expect(lines.filter(({ event }) => event === "request").map(({ outcome }) => outcome)).toEqual(["rejected:shutdown", "rejected:shutdown"]);
});

test("GatewayProcess.endDrain: ends the wait for open requests", async () => {
  const { gateway, ask } = await startHeld(600_000);
  const open = await ask(true);
  const closing = gateway.close();
  gateway.endDrain();
  expect(await open.text()).toContain("gateway_shutting_down");
  await closing;
});

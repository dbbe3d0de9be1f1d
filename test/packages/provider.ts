import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface Provider extends Disposable {
  readonly url: string;
}

interface Asked {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/**
 * A provider that answers whatever model it is asked for, as the wrong provider after a swap does: its answer looks
 * right, and only its text shows who gave it. It no longer has models whose name begins with `retired`. Told to reply
 * with JSON, it does.
 */
export async function startProvider(name: string): Promise<Provider> {
  const server = createServer((request, response) => void answer(name, json(request) as Promise<Asked>).then(({ status, body }) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)), () => response.destroy()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, [Symbol.dispose]: close };
}

async function answer(name: string, asked: Promise<Asked>): Promise<{ readonly status: number; readonly body: object }> {
  const { model, messages } = await asked;
  if (model.startsWith("retired")) return { status: 404, body: { error: { message: `The model ${model} does not exist`, type: "invalid_request_error", code: "model_not_found" } } };
  const isJson = messages.some(({ role, content }) => role === "system" && content.includes("JSON"));
  const content = isJson ? JSON.stringify({ kind: "refund", from: name, model }) : `A refund, says ${name} as ${model}`;
  const choice = { index: 0, message: { role: "assistant", content }, finish_reason: "stop" };
  return { status: 200, body: { id: "chatcmpl-1", object: "chat.completion", created: 1, model, choices: [choice], usage: { prompt_tokens: 4, completion_tokens: 4, total_tokens: 8 } } };
}

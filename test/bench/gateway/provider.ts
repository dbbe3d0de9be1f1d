/**
 * The provider of the gateway's benchmark: the least that can answer, so that the gateways are what is measured. JSON
 * answers of 309 bytes, SSE of 50 content chunks sent back to back.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const base = { id: "chatcmpl-bench", created: 1_760_000_000, model: "gpt-bench" };
const answer = (content: string) =>
  JSON.stringify({
    ...base,
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 20, completion_tokens: 20, total_tokens: 40 },
  });
const bytesOut = 309;
const whole = answer("x".repeat(bytesOut - answer("").length));
const chunk = (delta: object, finish: string | null) =>
  `data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const chunks = Array.from({ length: 50 }, (_, index) => chunk({ content: ` word${index}` }, null));

const server = createServer((incoming, outgoing) => {
  const parts: Buffer[] = [];
  incoming.on("data", (data: Buffer) => parts.push(data));
  incoming.on("end", () => {
    const body = JSON.parse(Buffer.concat(parts).toString()) as { stream?: boolean };
    if (body.stream !== true) {
      outgoing.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(whole) });
      outgoing.end(whole);
      return;
    }
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    outgoing.write(chunk({ role: "assistant", content: "" }, null));
    for (const each of chunks) outgoing.write(each);
    outgoing.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
  });
});

server.keepAliveTimeout = 60_000;
server.listen({ host: "127.0.0.1", port: 0 }, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();

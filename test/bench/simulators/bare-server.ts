/**
 * The floor of the benchmark: a bare node:http server that parses the same POST and sends an answer of the same size.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { listenBacklog } from "../../../kernel/listen.ts";
import { answerWords } from "./workload.ts";

const content = answerWords.join("");
const whole = JSON.stringify({
  id: "chatcmpl-bare",
  object: "chat.completion",
  created: 1_760_000_000,
  model: "gpt-bench",
  system_fingerprint: null,
  choices: [{ index: 0, message: { role: "assistant", content, refusal: null }, logprobs: null, finish_reason: "stop" }],
  usage: { prompt_tokens: 4, completion_tokens: 8, total_tokens: 12 },
});
const base = { id: "chatcmpl-bare", object: "chat.completion.chunk", created: 1_760_000_000, model: "gpt-bench", system_fingerprint: null };
const chunk = (delta: object, finish: string | null) => `data: ${JSON.stringify({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`;

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (data: Buffer) => chunks.push(data));
  incoming.on("end", () => {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { stream?: boolean };
    if (body.stream !== true) {
      outgoing.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(whole) });
      outgoing.end(whole);
      return;
    }
    outgoing.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    outgoing.write(chunk({ role: "assistant", content: "", refusal: null }, null));
    for (const word of answerWords) outgoing.write(chunk({ content: word }, null));
    outgoing.write(`${chunk({}, "stop")}data: [DONE]\n\n`);
    outgoing.end();
  });
});

server.listen({ host: "127.0.0.1", port: 0, backlog: listenBacklog }, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();

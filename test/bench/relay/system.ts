/** The system behind the relay in its benchmark: a stream of ten words, the first at once and the others 2 ms apart. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const words = 10;
const gapMs = 2;
const event = `data: ${JSON.stringify({ model: "m", choices: [{ index: 0, delta: { content: "word " }, finish_reason: null }] })}\n\n`;

async function answer(outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(200, { "content-type": "text/event-stream" });
  outgoing.write(event);
  for (let sent = 1; sent < words; sent++) {
    await sleep(gapMs);
    outgoing.write(event);
  }
  outgoing.end("data: [DONE]\n\n");
}

const server = createServer((incoming, outgoing) => void incoming.resume().once("end", () => void answer(outgoing)));
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`));
process.stdin.on("end", () => process.exit(0)).resume();

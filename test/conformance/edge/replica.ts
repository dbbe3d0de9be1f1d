/**
 * A stand-in for a gateway: `replica.ts ID PORT`. A request's `x-parts` and `x-part-ms` say how its answer streams. GET
 * /fail and /pass turn its checks, /err its answers to 500, /undelivered to 504 by which nothing was delivered, /429
 * its attempts to 429, and /well both back. GET /left counts requests with `x-left`.
 */
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { listenBacklog } from "../../../kernel/listen.ts";

const [id, port] = process.argv.slice(2);
let isHealthy = true;
let answers = "/well";
/** Requests with `x-left`: their clients have left when they come. */
let left = 0;

const server = createServer(async (request, response) => {
  request.resume();
  if (request.url === "/fail" || request.url === "/pass") isHealthy = request.url === "/pass";
  if (["/well", "/err", "/undelivered", "/429"].includes(request.url!)) answers = request.url!;
  if (request.headers["x-left"] !== undefined) left++;
  if (request.url === "/left") return void response.end(String(left));
  if (request.method === "GET") return void response.writeHead(isHealthy ? 200 : 503).end();
  const parts = Number(request.headers["x-parts"] ?? 1);
  const partMs = Number(request.headers["x-part-ms"] ?? 20);
  await sleep(partMs);
  if (answers === "/err") return void response.writeHead(500).end();
  if (answers === "/undelivered") return void response.writeHead(504, { "x-blastlab-undelivered": "1" }).end("{}");
  response.writeHead(200, { "content-type": "text/event-stream", "x-blastlab-attempts": answers === "/429" ? "primary:429@5;backup:ok@20" : "primary:ok@20" });
  for (let part = 0; part < parts && !response.destroyed; part++) {
    response.write(`data: ${id}\n\n`);
    if (part < parts - 1) await sleep(partMs);
  }
  response.end("data: [DONE]\n\n");
});
server.listen({ port: Number(port), host: "127.0.0.1", backlog: listenBacklog }, () => process.stdout.write("ready\n"));
process.stdin.on("end", () => process.exit(0)).resume();

/**
 * The floor of the gateway's benchmarks: a bare fastify and undici proxy that parses the request and forwards it.
 * `bare.ts PROVIDER_URL [BIG_URL]`: the second is asked for the model `big`.
 */
import fastify from "fastify";
import { Pool } from "undici";

const [pool, bigPool = pool] = process.argv.slice(2).map((url) => new Pool(url, { connections: 1_024, headersTimeout: 0, bodyTimeout: 0 }));
const app = fastify({ bodyLimit: 16 * 1024 * 1024 });

app.post("/v1/chat/completions", async (request, reply) => {
  const body = request.body as { model: string };
  const target = body.model === "big" ? bigPool! : pool!;
  const answer = await target.request({
    path: "/v1/chat/completions",
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer sk-provider" },
    body: JSON.stringify({ ...body, model: "gpt-bench" }),
  });
  reply.hijack();
  reply.raw.writeHead(answer.statusCode, { "content-type": answer.headers["content-type"] as string });
  for await (const chunk of answer.body) reply.raw.write(chunk);
  reply.raw.end();
});

const url = await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);
process.stdin.on("end", () => process.exit(0)).resume();

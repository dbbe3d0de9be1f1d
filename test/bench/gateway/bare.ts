/** The floor of the gateway's benchmark: a bare fastify and undici proxy that parses the request and forwards it. `bare.ts PROVIDER_URL` */
import fastify from "fastify";
import { Pool } from "undici";

const pool = new Pool(process.argv[2]!, { connections: 1_024, headersTimeout: 0, bodyTimeout: 0 });
const app = fastify({ bodyLimit: 16 * 1024 * 1024 });

app.post("/v1/chat/completions", async (request, reply) => {
  const body = request.body as { model: string };
  const answer = await pool.request({
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

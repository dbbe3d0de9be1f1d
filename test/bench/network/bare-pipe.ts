/** The floor of the benchmark: two sockets joined by `pipe`, and nothing else. `bare-pipe.ts UPSTREAM_PORT` */
import { connect, createServer, type AddressInfo } from "node:net";
import { listenBacklog } from "../../../kernel/listen.ts";

const upstreamPort = Number(process.argv[2]);
const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ host: "127.0.0.1", port: upstreamPort, noDelay: true });
  client.on("error", () => upstream.destroy()).pipe(upstream);
  upstream.on("error", () => client.destroy()).pipe(client);
});
server.listen({ host: "127.0.0.1", port: 0, backlog: listenBacklog }, () => {
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();

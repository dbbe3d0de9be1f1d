/** What every contestant forwards to: a server that sends back what it gets, and takes any burst of connections. */
import { createServer, type AddressInfo } from "node:net";
import { listenBacklog } from "../../../kernel/listen.ts";

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {}).on("data", (bytes) => socket.write(bytes));
});
server.listen({ host: "127.0.0.1", port: 0, backlog: listenBacklog }, () => {
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })}\n`);
});
process.stdin.on("end", () => process.exit(0)).resume();

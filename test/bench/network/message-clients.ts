/**
 * `message-clients.ts PORT CONNECTIONS BYTES WARM_MS RUN_MS`: each connection sends its next message when the last has come back whole. Prints
 * {"messages", "ms"} of the measured part, and "sent" of all.
 */
import { connect } from "node:net";

const [port, connections, bytes, warmMs, runMs] = process.argv.slice(2).map(Number) as [number, number, number, number, number];
const message = Buffer.alloc(bytes, "m");
let messages = 0;
let sent = 0;

function open(): void {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  let missing = 0;
  const send = () => {
    missing = bytes;
    sent++;
    socket.write(message);
  };
  socket.on("connect", send);
  socket.on("data", (data) => {
    missing -= data.length;
    if (missing > 0) return;
    messages++;
    send();
  });
  for (const event of ["error", "close"]) {
    socket.on(event, (cause: unknown) => {
      console.error(`A connection ended: ${String(cause)}`);
      process.exit(1);
    });
  }
}

for (let index = 0; index < connections; index++) open();
setTimeout(() => {
  const fromMs = performance.now();
  messages = 0;
  setTimeout(() => {
    process.stdout.write(JSON.stringify({ messages, ms: performance.now() - fromMs, sent }), () => process.exit(0));
  }, runMs);
}, warmMs);

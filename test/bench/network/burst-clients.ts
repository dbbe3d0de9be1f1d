/**
 * `burst-clients.ts PORT COUNT`: dials COUNT times at once, and sends one byte on each connection. Prints {"connectMs",
 * "answerMs", "failed"}: from the dial until the connection is open, and until the byte has come back, by client.
 */
import { connect, type Socket } from "node:net";

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const connectMs: number[] = [];
const answerMs: number[] = [];
const sockets: Socket[] = [];
let failed = 0;
let pending = count;

function settle(isGood: boolean): void {
  if (!isGood) failed++;
  if (--pending > 0) return;
  for (const socket of sockets) socket.resetAndDestroy();
  process.stdout.write(JSON.stringify({ connectMs, answerMs, failed }), () => process.exit(0));
}

function dial(): void {
  const fromMs = performance.now();
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  sockets.push(socket);
  let isSettled = false;
  const end = (isGood: boolean) => {
    if (isSettled) return;
    isSettled = true;
    settle(isGood);
  };
  socket.once("connect", () => {
    connectMs.push(performance.now() - fromMs);
    socket.write("x");
  });
  socket.once("data", () => {
    answerMs.push(performance.now() - fromMs);
    end(true);
  });
  socket.on("error", () => end(false)).on("close", () => end(false));
}

for (let index = 0; index < count; index++) dial();

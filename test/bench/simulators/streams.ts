/**
 * `streams.ts PORT COUNT` opens COUNT streams, at most 500 a second, each longer than the benchmark. Once all are open,
 * counts the words of 15 s. Prints {"open", "words", "seconds"}. Fails when a stream ends before that.
 */
import { connect } from "node:net";
import { benchModel } from "./workload.ts";

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const openedPerTick = 50;
const tickMs = 100;
/**
 * Limit of streams without an answer. It waits for a simulator that gets little CPU time, so that the queue of its
 * listener cannot overflow. The smallest default limit of a system is 128.
 */
const unansweredMax = 100;
const settleMs = 4_000;
const countedMs = 15_000;
const marker = "data: {";

let begun = 0;
let open = 0;
let words = 0;
let counting = false;

function requestOf(index: number): string {
  const body = JSON.stringify({ model: benchModel, messages: [{ role: "user", content: `Stream number ${index}, please.` }], max_tokens: 200, stream: true });
  const head = [`POST /v1/chat/completions HTTP/1.1`, "host: 127.0.0.1", "authorization: Bearer sk-bench", `x-client-request-id: open-${index}`, `content-length: ${body.length}`];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

function fail(why: string): void {
  console.error(why);
  process.exit(1);
}

function start(index: number): void {
  const socket = connect({ host: "127.0.0.1", port });
  let seen = false;
  socket.on("connect", () => socket.write(requestOf(index)));
  socket.on("error", (error) => fail(`Stream ${index}, with ${open} open: ${error.message}`));
  socket.on("close", () => fail(`Stream ${index} ended after ${words} words`));
  socket.on("data", (data: Buffer) => {
    if (!seen) {
      seen = true;
      if (data.subarray(9, 12).toString() !== "200") fail(`Stream ${index}: ${data.subarray(0, 30).toString()}`);
      open++;
    }
    if (counting) for (let at = data.indexOf(marker); at >= 0; at = data.indexOf(marker, at + marker.length)) words++;
  });
}

const ticking = setInterval(() => {
  for (let made = 0; made < openedPerTick && begun < count && begun - open < unansweredMax; made++) start(begun++);
  if (open < count) return;
  clearInterval(ticking);
  setTimeout(() => {
    counting = true;
    const fromMs = performance.now();
    setTimeout(() => {
      process.stdout.write(`${JSON.stringify({ open, words, seconds: (performance.now() - fromMs) / 1000 })}\n`, () => process.exit(0));
    }, countedMs);
  }, settleMs);
}, tickMs);

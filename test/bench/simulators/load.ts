/**
 * The benchmark's load, in its own process: closed loop over keep-alive connections, each of which sends its next
 * request when the last answer is complete. `load.ts PORT CONNECTIONS WARM_MS RUN_MS json|sse [REQUEST_FILE]` prints
 * {"requests", "ms", "failed"} of the measured part, and "answered" of all. It uses raw sockets and minimal HTTP, so
 * that the servers are measured and not the load.
 */
import { connect } from "node:net";
import { requestBytes, requestsFrom } from "./workload.ts";

const [port, connections, warmMs, runMs, mode, requestFile] = process.argv.slice(2) as [string, string, string, string, "json" | "sse", string | undefined];
const stream = mode === "sse";
const bytesOf = requestFile === undefined ? requestBytes : requestsFrom(requestFile);
const terminator = Buffer.from("\r\n0\r\n\r\n");
const done = Buffer.from("data: [DONE]");

let counting = false;
let requests = 0;
let failed = 0;
/** In total, including the warm-up. */
let answered = 0;
let sequence = 0;

function open(): void {
  const socket = connect({ host: "127.0.0.1", port: Number(port), noDelay: true });
  let parts: Buffer[] = [];
  let size = 0;
  let expected: number | "chunked" | null = null;
  const send = () => {
    parts = [];
    size = 0;
    expected = null;
    socket.write(bytesOf(stream, sequence++));
  };
  const finish = (good: boolean) => {
    answered++;
    if (counting) {
      requests++;
      if (!good) failed++;
    }
    send();
  };
  socket.on("connect", send);
  socket.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  socket.on("close", () => {
    console.error("The server closed a connection");
    process.exit(1);
  });
  socket.on("data", (data: Buffer) => {
    parts.push(data);
    size += data.length;
    expected ??= lengthOf(parts);
    if (expected === null || (expected === "chunked" ? !endsChunked(parts) : size < expected)) return;
    const all = Buffer.concat(parts);
    finish(all.subarray(9, 12).toString() === "200" && (!stream || all.includes(done)));
  });
}

function endsChunked(parts: readonly Buffer[]): boolean {
  const last = parts.at(-1)!;
  const tail = last.length >= terminator.length ? last : Buffer.concat(parts.slice(-2));
  return tail.subarray(-terminator.length).equals(terminator);
}

/** Length of head and body together, or `chunked`. Null until the head is complete. */
function lengthOf(parts: readonly Buffer[]): number | "chunked" | null {
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const length = /content-length: *(\d+)/i.exec(bytes.toString("latin1", 0, end));
  return length === null ? "chunked" : end + 4 + Number(length[1]);
}

for (let index = 0; index < Number(connections); index++) open();
setTimeout(() => {
  const fromMs = performance.now();
  counting = true;
  setTimeout(() => {
    process.stdout.write(`${JSON.stringify({ requests, ms: performance.now() - fromMs, failed, answered })}\n`, () => process.exit(0));
  }, Number(runMs));
}, Number(warmMs));

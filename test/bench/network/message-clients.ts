/**
 * `message-clients.ts CONNECTIONS BYTES SLICE_MS SLICES PORT...`: the ports take turns of SLICE_MS, so that what else
 * the machine does meets all alike. In a turn each connection to the port sends its next message when the last has come
 * back whole. Prints {"messages", "ms", "sent"} for each port: what came back within its turns, how long these were,
 * and all that it was sent.
 */
import { connect, type Socket } from "node:net";

const [connections, bytes, sliceMs, slices, ...ports] = process.argv.slice(2).map(Number) as [number, number, number, number, ...number[]];
const message = Buffer.alloc(bytes, "m");

class Lane {
  messages = 0;
  ms = 0;
  sent = 0;
  readonly #sockets: Socket[] = [];
  #isRunning = false;
  #outstanding = 0;
  #onIdle = () => {};

  async open(port: number): Promise<void> {
    await Promise.all(Array.from({ length: connections }, () => this.#connect(port)));
  }

  #connect(port: number): Promise<void> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#sockets.push(socket);
    let received = 0;
    socket.on("data", (data) => {
      received += data.length;
      if (received < bytes) return;
      received = 0;
      this.#onMessage(socket);
    });
    for (const event of ["error", "close"]) {
      socket.on(event, (cause: unknown) => {
        console.error(`A connection to port ${port} ended: ${String(cause)}`);
        process.exit(1);
      });
    }
    return new Promise((resolve) => void socket.once("connect", resolve));
  }

  #send(socket: Socket): void {
    this.#outstanding++;
    this.sent++;
    socket.write(message);
  }

  #onMessage(socket: Socket): void {
    this.#outstanding--;
    if (this.#isRunning) {
      this.messages++;
      this.#send(socket);
    } else if (this.#outstanding === 0) this.#onIdle();
  }

  /** One turn; resolves when nothing is under way any more. */
  async run(): Promise<void> {
    const fromMs = performance.now();
    this.#isRunning = true;
    for (const socket of this.#sockets) this.#send(socket);
    await new Promise((resolve) => setTimeout(resolve, sliceMs));
    this.#isRunning = false;
    this.ms += performance.now() - fromMs;
    await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }
}

const lanes = ports.map(() => new Lane());
for (const [index, lane] of lanes.entries()) await lane.open(ports[index]!);
for (let slice = 0; slice < slices; slice++) for (const lane of lanes) await lane.run();
process.stdout.write(JSON.stringify(lanes.map(({ messages, ms, sent }) => ({ messages, ms, sent }))), () => process.exit(0));

import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A TCP server of the test's own, as a proxy's upstream. */
export interface Upstream {
  readonly address: string;
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

export async function startUpstream(onConnection: (socket: Socket) => void): Promise<Upstream> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

/** Sends back what it gets, and its FIN after the client's. */
export const echo = (socket: Socket): void => void socket.pipe(socket);

export type WireEnd = "open" | "fin" | "reset";

/**
 * A raw TCP client that notes what came, when, and how it ended. Times are ms since it began to connect: what a proxy
 * does to it happens later.
 */
export class WireClient {
  readonly #socket: Socket;
  readonly #startedMs: number;
  readonly pieces: { readonly atMs: number; readonly bytes: Buffer }[] = [];
  end: WireEnd = "open";
  endedMs: number | null = null;
  #watchers: (() => void)[] = [];
  #size = 0;

  private constructor(socket: Socket, startedMs: number) {
    this.#socket = socket;
    this.#startedMs = startedMs;
    socket.on("data", (bytes: Buffer) => {
      this.pieces.push({ atMs: this.nowMs(), bytes });
      this.#size += bytes.length;
      this.#changed();
    });
    socket.once("end", () => this.#ended("fin"));
    socket.on("error", () => this.#ended("reset"));
  }

  static async connect(address: string): Promise<WireClient> {
    const [host = "", port = ""] = address.split(":");
    const startedMs = performance.now();
    const socket = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
    await new Promise<void>((resolve, reject) => void socket.once("connect", resolve).once("error", reject));
    return new WireClient(socket, startedMs);
  }

  nowMs(): number {
    return performance.now() - this.#startedMs;
  }

  get received(): Buffer {
    return Buffer.concat(this.pieces.map(({ bytes }) => bytes));
  }

  send(data: string | Buffer): void {
    this.#socket.write(data);
  }

  /** FIN; it can still receive. */
  halfClose(): void {
    this.#socket.end();
  }

  /** Takes nothing more from the kernel, which then holds the sender back. */
  stopReading(): void {
    this.#socket.pause();
  }

  startReading(): void {
    this.#socket.resume();
  }

  /** Waits until it has that many bytes in all. */
  async bytes(count: number): Promise<void> {
    await this.until(() => this.#size >= count, `${count} bytes`);
  }

  /** Waits until it has ended. */
  async ended(): Promise<WireEnd> {
    await this.until(() => this.end !== "open", "the end");
    return this.end;
  }

  /** How long one exchange of `text` with an echo takes, ms. */
  async roundTripMs(text = "ping"): Promise<number> {
    const before = this.#size;
    const sentMs = this.nowMs();
    this.send(text);
    await this.bytes(before + text.length);
    return this.nowMs() - sentMs;
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!isSo()) {
      if (Date.now() > deadline) throw new Error(`waited 60 s for ${what}; has ${this.#size} bytes, ${this.end}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.#watchers.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #ended(end: WireEnd): void {
    if (this.end !== "open") return;
    this.end = end;
    this.endedMs = this.nowMs();
    this.#changed();
  }

  #changed(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
  }
}

/** Resolves once `value` has been the same for a while: what was on its way has come. */
export async function settled(value: () => number): Promise<void> {
  let last = Number.NaN;
  for (let same = 0; same < 3; same = value() === last ? same + 1 : 0) {
    last = value();
    await pause(200);
  }
}

/** Time that a behaviour is about, not a wait for something: how a thing stays as it is for a while. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

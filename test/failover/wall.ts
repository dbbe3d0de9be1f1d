import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { prefixIn } from "../../gateway/core/testing/scripted-transport.ts";
import type { Script, Step } from "../../gateway/core/testing/scripts.ts";

/** One attempt as the wall received it. */
export interface WallSaw {
  readonly deployment: string;
  readonly requestId: string;
  readonly ordinal: number;
  /** Unix ms. */
  readonly arrivedMs: number;
  readonly promptUnits: number;
  /** When its connection was left or its answer was out; null: still open. */
  endedMs: number | null;
}

export interface WallAsked {
  readonly deployment: string;
  readonly requestId: string;
  readonly ordinal: number;
  readonly stream: boolean;
  readonly prefix: string | null;
}

/**
 * Providers on real sockets that play scripts: a wall for the gateway, written apart from the lab's simulators.
 * `/primary/v1/…` is the deployment `primary`. Waits are multiplied by `scale`, and `retry-after` with them.
 */
export class Wall implements AsyncDisposable {
  readonly seen: WallSaw[] = [];
  readonly #server: Server;
  readonly #play: (asked: WallAsked) => Script;
  readonly #scale: number;
  readonly #ordinals = new Map<string, number>();

  private constructor(play: (asked: WallAsked) => Script, scale: number) {
    this.#play = play;
    this.#scale = scale;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(play: (asked: WallAsked) => Script, scale = 1): Promise<Wall> {
    const wall = new Wall(play, scale);
    wall.#server.listen(0, "127.0.0.1");
    await once(wall.#server, "listening");
    return wall;
  }

  baseUrl(deployment: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${deployment}/v1`;
  }

  /** Attempts whose connection is still open. */
  get open(): number {
    return this.seen.filter(({ endedMs }) => endedMs === null).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedMs = Date.now();
    const deployment = request.url!.split("/")[1]!;
    const requestId = String(request.headers["x-client-request-id"]);
    const key = `${deployment} ${requestId}`;
    const ordinal = this.#ordinals.get(key) ?? 0;
    this.#ordinals.set(key, ordinal + 1);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const body = JSON.parse(text) as { readonly stream?: boolean };
    const promptUnits = text.length;
    const saw: WallSaw = { deployment, requestId, ordinal, arrivedMs, promptUnits, endedMs: null };
    this.seen.push(saw);
    response.once("close", () => (saw.endedMs = Date.now()));
    const stream = body.stream === true || request.url!.includes(":streamGenerateContent");
    await this.#perform(this.#play({ deployment, requestId, ordinal, stream, prefix: prefixIn(body) }), response);
  }

  async #perform(script: Script, response: ServerResponse): Promise<void> {
    if (!(await this.#steps(script.before, response))) return;
    response.writeHead(script.status, this.#headers(script));
    response.flushHeaders();
    if (await this.#steps(script.body, response)) response.end();
  }

  /** Whether the script goes on after these steps. */
  async #steps(steps: readonly Step[], response: ServerResponse): Promise<boolean> {
    for (const step of steps) {
      if (response.destroyed) return false;
      if (step === "hang") return false;
      if ("waitMs" in step) await sleepOrClose(step.waitMs * this.#scale, response);
      else if ("text" in step) response.write(step.text);
      else {
        if (step.fail === "reset") response.socket?.resetAndDestroy();
        else response.socket?.destroySoon();
        return false;
      }
    }
    return !response.destroyed;
  }

  #headers(script: Script): Record<string, string> {
    const { "retry-after": retryAfter, ...headers } = script.headers;
    if (retryAfter === undefined) return headers;
    if (this.#scale === 1) return { ...headers, "retry-after": retryAfter };
    return { ...headers, "retry-after-ms": String(Number(retryAfter) * 1_000 * this.#scale) };
  }
}

function sleepOrClose(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      response.off("close", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    response.once("close", done);
  });
}

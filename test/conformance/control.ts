import type { Network } from "./networks.ts";
import { startUpstream, WireClient, type Upstream } from "./wires.ts";
import type { Socket } from "node:net";

export interface ToxicBody {
  readonly type: string;
  readonly name?: string;
  readonly stream?: string;
  readonly toxicity?: number;
  readonly attributes?: Readonly<Record<string, number>>;
}

/** A call of the API; throws for anything but 2xx. */
export async function call(network: Network, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(network.url + path, { method, ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

let count = 0;

/** One proxy in front of an upstream of its own, for one test. */
export class Rig implements AsyncDisposable {
  readonly #network: Network;
  readonly #clients: WireClient[] = [];
  readonly proxy: string;
  readonly upstream: Upstream;
  readonly listen: string;

  private constructor(network: Network, options: { proxy: string; upstream: Upstream; listen: string }) {
    this.#network = network;
    this.proxy = options.proxy;
    this.upstream = options.upstream;
    this.listen = options.listen;
  }

  static async open(network: Network, onConnection: (socket: Socket) => void, toxics: readonly ToxicBody[] = []): Promise<Rig> {
    const upstream = await startUpstream(onConnection);
    const proxy = `rig-${count++}`;
    const made = (await call(network, "POST", "/proxies", { name: proxy, listen: "127.0.0.1:0", upstream: upstream.address })) as { listen: string };
    const rig = new Rig(network, { proxy, upstream, listen: made.listen });
    for (const toxic of toxics) await rig.add(toxic);
    return rig;
  }

  async client(): Promise<WireClient> {
    const client = await WireClient.connect(this.listen);
    this.#clients.push(client);
    return client;
  }

  add(toxic: ToxicBody): Promise<unknown> {
    return call(this.#network, "POST", `/proxies/${this.proxy}/toxics`, toxic);
  }

  update(name: string, change: { attributes?: Readonly<Record<string, number>>; toxicity?: number }): Promise<unknown> {
    return call(this.#network, "PATCH", `/proxies/${this.proxy}/toxics/${name}`, change);
  }

  remove(name: string): Promise<unknown> {
    return call(this.#network, "DELETE", `/proxies/${this.proxy}/toxics/${name}`);
  }

  enable(enabled: boolean): Promise<unknown> {
    return call(this.#network, "PATCH", `/proxies/${this.proxy}`, { enabled });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.upstream.close();
    await call(this.#network, "DELETE", `/proxies/${this.proxy}`);
  }
}

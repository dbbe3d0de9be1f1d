import { setTimeout as sleep } from "node:timers/promises";
import { Toxiproxy, type Proxy, type ICreateToxicBody } from "toxiproxy-node-client";
import { LabError, messageOf } from "../../../kernel/errors.ts";
import type { ToxicSettings } from "../../../scenarios/faults/toxic.ts";
import type { Lease } from "../../warden/undo.ts";
import { system } from "../../targets/loopback.ts";
import { undoByHttp } from "../../warden/undo-http.ts";
import { portOwner } from "../../live/port-owner.ts";
import { disabledProxyLease, proxyLease, toxicLease } from "./proxy-leases.ts";

/** What a toxic out of force may still hold passes within this. */
const drainMs = 250;

export interface FaultOptions {
  readonly apiUrl: string;
  /** Put before the names of the links: for a server that others use too. */
  readonly prefix?: string;
  /** Limit of one call, ms. */
  readonly timeoutMs?: number;
}

/** A proxy of the lab's own: the plan's link that goes through it, and where callers are to go. */
export interface FaultLink {
  readonly link: string;
  readonly proxy: string;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
}

/**
 * Network faults at a Toxiproxy-compatible API, real or embedded. It touches only the proxies that it created.
 * Everything rejects with LabError `failed`: `toxiproxy_unreachable`, `toxiproxy_timeout`, `toxiproxy_refused`,
 * `link_exists`, `link_unknown`, `port_in_use`.
 */
export class NetworkFaults implements AsyncDisposable {
  readonly #options: Required<FaultOptions>;
  readonly #client: Toxiproxy;
  readonly #links = new Map<string, { readonly link: FaultLink; readonly proxy: Proxy }>();
  /** What undoes each change in force, by link and name. */
  readonly #inForce = new Map<string, () => Promise<void>>();

  constructor(options: FaultOptions) {
    this.#options = { prefix: "", timeoutMs: 3_000, ...options, apiUrl: options.apiUrl.replace(/\/$/, "") };
    this.#client = new Toxiproxy(this.#options.apiUrl);
  }

  /** What the server says of itself: `2.12.0`, `git`. */
  async version(): Promise<string> {
    const text = await this.#call("read its version", () => this.#client.getVersion());
    const found = /"version"\s*:\s*"([^"]*)"/.exec(text)?.[1];
    if (found === undefined) throw this.#error("toxiproxy_refused", `${this.#options.apiUrl} is not a Toxiproxy: it answered ${text.slice(0, 80)}`);
    return found;
  }

  /**
   * Creates a proxy on `port` of 127.0.0.1 (0: any free one) in front of `upstreamUrl`. Take `linkLease(link)` before.
   */
  async createLink(id: string, upstreamUrl: string, port = 0): Promise<FaultLink> {
    const name = this.#nameOf(id);
    const body = { name, listen: `127.0.0.1:${port}`, upstream: new URL(upstreamUrl).host, enabled: true };
    const proxy = await this.#call(`create link "${name}"`, () => this.#client.createProxy(body)).catch(async (error: unknown) => {
      // The client drops what the server answered, which names the port.
      if (port !== 0 && (await system.accepts("127.0.0.1", port))) throw this.#error("port_in_use", `Cannot create link "${name}": port ${port} of 127.0.0.1 is in use${byOwner(port)}`, error);
      throw error;
    });
    const link = { link: id, proxy: name, url: `http://${proxy.listen}` };
    this.#links.set(id, { link, proxy });
    return link;
  }

  /** What deletes the link after a crash. */
  linkLease(link: string): Lease {
    return proxyLease({ apiUrl: this.#options.apiUrl, proxy: this.#nameOf(link) });
  }

  /** What removes the toxic after a crash; to be taken before it is added. */
  toxicLease(link: string, id: string): Lease {
    return toxicLease({ apiUrl: this.#options.apiUrl, proxy: this.#nameOf(link) }, safeName(id));
  }

  /** What switches the link on after a crash; to be taken before it is switched off. */
  disabledLease(link: string): Lease {
    return disabledProxyLease({ apiUrl: this.#options.apiUrl, proxy: this.#nameOf(link) });
  }

  async addToxic(link: string, id: string, toxic: ToxicSettings): Promise<void> {
    const proxy = this.#proxyOf(link);
    this.#inForce.set(`${link} ${id}`, () => this.removeToxic(link, id));
    await this.#call(`add toxic "${id}"`, () => proxy.addToxic(toxicBody(id, toxic)));
  }

  /**
   * Puts a toxic out of force, on live connections too; one that is gone already is no error. It is still to be
   * removed.
   */
  async disarmToxic(link: string, id: string): Promise<void> {
    await this.#disarm(link, id);
  }

  /**
   * Removes a toxic; one that is gone already is no error. It is put out of force first, and removed when what it held
   * has drained: a toxiproxy-server that removes one in force can hang for ever when a connection closes meanwhile
   * (docs/decisions/0040-lifting-toxics.md).
   */
  async removeToxic(link: string, id: string): Promise<void> {
    if (await this.#disarm(link, id)) await sleep(drainMs);
    await this.#call(`remove toxic "${id}"`, () => undo(this.toxicLease(link, id)));
    this.#inForce.delete(`${link} ${id}`);
  }

  /** Off: connections are refused, and those that are open are closed. */
  async setEnabled(link: string, enabled: boolean): Promise<void> {
    const proxy = this.#proxyOf(link);
    if (!enabled) this.#inForce.set(link, () => this.setEnabled(link, true));
    await this.#call(`switch link "${link}" ${enabled ? "on" : "off"}`, () => proxy.update({ enabled, listen: proxy.listen, upstream: proxy.upstream }));
    if (enabled) this.#inForce.delete(link);
  }

  /** False when the toxic is gone already. */
  #disarm(link: string, id: string): Promise<boolean> {
    const path = `/proxies/${this.#nameOf(link)}/toxics/${safeName(id)}`;
    return this.#call(`put toxic "${id}" out of force`, async () => {
      const response = await fetch(this.#options.apiUrl + path, {
        method: "POST",
        redirect: "manual",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ toxicity: 0 }),
        signal: AbortSignal.timeout(this.#options.timeoutMs),
      });
      await response.arrayBuffer();
      if (!response.ok && response.status !== 404) throw new Error(`the server answered ${response.status}`);
      return response.ok;
    });
  }

  /** Undoes what is in force, all at once. */
  async liftAll(): Promise<void> {
    await all([...this.#inForce.values()].map((undo) => undo()));
  }

  /** Lifts all faults and deletes every link that it created. */
  async close(): Promise<void> {
    const links = [...this.#links.keys()];
    const deletions = links.map(async (link) => {
      await this.#call(`delete link "${this.#nameOf(link)}"`, () => undo(this.linkLease(link)));
      this.#links.delete(link);
    });
    await all([this.liftAll(), ...deletions]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #nameOf(link: string): string {
    return safeName(this.#options.prefix + link);
  }

  #proxyOf(link: string): Proxy {
    const found = this.#links.get(link);
    if (found !== undefined) return found.proxy;
    throw this.#error("link_unknown", `Cannot change link "${link}": the lab has put no proxy there`);
  }

  /** The client has no deadline, and reports an error by its message alone. */
  async #call<T>(action: string, call: () => Promise<T>): Promise<T> {
    const { apiUrl, timeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      const message = `Cannot ${action}: ${apiUrl} did not answer within ${timeoutMs} ms`;
      timer = setTimeout(() => reject(this.#error("toxiproxy_timeout", message)), timeoutMs);
    });
    try {
      return await Promise.race([call(), timeout]);
    } catch (error) {
      throw error instanceof LabError ? error : this.#translate(action, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #translate(action: string, error: unknown): LabError {
    const message = messageOf(error);
    const status = /status code (\d+)|answered (\d+)/.exec(message)?.slice(1).find((part) => part !== undefined);
    if (status === undefined) return this.#error("toxiproxy_unreachable", `Cannot ${action} at ${this.#options.apiUrl}: ${message}`, error);
    const code = status === "409" ? "link_exists" : "toxiproxy_refused";
    return this.#error(code, `Cannot ${action}: ${this.#options.apiUrl} answered ${status}`, error);
  }

  #error(code: keyof typeof hints, message: string, cause?: unknown): LabError {
    return new LabError({ exit: "failed", code, message, hint: hints[code], ...(cause === undefined ? {} : { cause }) });
  }
}

const hints = {
  toxiproxy_unreachable: "Start toxiproxy-server there, or run with --network embedded.",
  toxiproxy_timeout: "The server hangs: restart it, or run with --network embedded.",
  toxiproxy_refused: "Look at the server's log; the lab works with Toxiproxy 2.12.",
  link_exists: "Something of that name is there, perhaps of a run that was killed: delete it, or start another server.",
  link_unknown: "Name a link of the plan.",
  port_in_use: "Free the port, or give the link another one in the stack's external.linkPorts.",
} as const;

function byOwner(port: number): string {
  const owner = portOwner(port);
  return owner === null ? "" : ` by ${owner}`;
}

/** The client puts names into paths as they are. */
function safeName(name: string): string {
  return name.replace(/[^A-Za-z0-9._~-]/g, "-");
}

function toxicBody(id: string, { toxic, stream, toxicity, attributes }: ToxicSettings): ICreateToxicBody<object> {
  return { name: safeName(id), type: toxic as ICreateToxicBody<object>["type"], stream, toxicity, attributes };
}

async function undo({ steps }: Lease): Promise<void> {
  for (const step of steps) if (step.kind === "http") await undoByHttp(step);
}

/** Waits for all, then rejects with the first failure. */
async function all(tasks: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(tasks);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

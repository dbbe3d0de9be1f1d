import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../kernel/clock.ts";
import { listenBacklog } from "../../kernel/listen.ts";
import { formatAddress, resolveListen, resolveUpstream, type Address, type Upstream } from "./address.ts";
import { ApiError, toxicNotFound } from "./api-error.ts";
import type { BodyValue } from "./body.ts";
import { dial } from "./dial.ts";
import { relay } from "./relay.ts";
import type { ShownProxy } from "./api-json.ts";
import { readNewToxic, readToxicUpdate, settingsOf, type ShownToxic } from "./toxic-body.ts";
import { openConnection, type Connection } from "./toxics/connection.ts";
import { ToxicSet } from "./toxics/toxic-set.ts";

export interface ProxyWorld {
  readonly clock: Clock;
  readonly seed: number;
  /** Limit of a dial to the upstream, ms. Then the client is closed. */
  readonly dialTimeoutMs: number;
}

export interface ProxyOptions {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
}

/** One proxy: its listener, its upstream, its toxics and its live connections. */
export class Proxy {
  readonly name: string;
  readonly #world: ProxyWorld;
  #listen: string;
  #upstream: string;
  #dialled: Upstream;
  #server: Server | null = null;
  #ordinal = 0;
  readonly #set = new ToxicSet();
  readonly #shown = new Map<string, ShownToxic>();
  /** By client. The connection is null while the upstream is being dialled. */
  readonly #live = new Map<Socket, { readonly server: Socket; connection: Connection | null }>();

  /** A stopped proxy; `dialled` is `options.upstream` resolved. Use `newProxy`. */
  constructor(world: ProxyWorld, options: ProxyOptions, dialled: Upstream) {
    this.#world = world;
    this.name = options.name;
    this.#listen = options.listen;
    this.#upstream = options.upstream;
    this.#dialled = dialled;
  }

  get enabled(): boolean {
    return this.#server !== null;
  }

  /** Number of clients with a live connection or a pending dial. */
  get connectionCount(): number {
    return this.#live.size;
  }

  show(): ShownProxy {
    return { name: this.name, listen: this.#listen, upstream: this.#upstream, enabled: this.enabled, toxics: this.toxics() };
  }

  /** Starts to listen, unless it does already. Rejects with ApiError in Go's words. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    const address = await resolveListen(this.#listen, "listen tcp: ");
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => this.#accept(client));
    this.#listen = formatAddress({ host: address.host, port: await listening(server, address) });
    server.on("error", ignore);
    this.#server = server;
  }

  /** Closes the listener and all connections. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    for (const [client, live] of this.#live) {
      live.connection?.close("closed");
      client.destroy();
      live.server.destroy();
    }
    await closed;
  }

  /** Whether these addresses, once resolved, differ from its own. Rejects with ApiError. */
  async differs(listen: string, upstream: string): Promise<boolean> {
    return formatAddress(await resolveListen(listen)) !== this.#listen || upstream !== this.#upstream;
  }

  /**
   * Changes the addresses, which drops all connections and keeps the toxics, and enables or disables it. Rejects with
   * ApiError.
   */
  async update(next: { listen: string; upstream: string; enabled: boolean }): Promise<void> {
    if (await this.differs(next.listen, next.upstream)) {
      const dialled = await resolveUpstream(next.upstream);
      await this.stop();
      this.#listen = next.listen;
      this.#upstream = next.upstream;
      this.#dialled = dialled;
    }
    await (next.enabled ? this.start() : this.stop());
  }

  toxics(): readonly ShownToxic[] {
    return this.#set.list().map(({ name }) => this.#shown.get(name)!);
  }

  toxic(name: string): ShownToxic {
    const toxic = this.#shown.get(name);
    if (toxic === undefined) throw toxicNotFound();
    return toxic;
  }

  addToxic(body: BodyValue): ShownToxic {
    const toxic = readNewToxic(body, (name) => this.#shown.has(name));
    this.#shown.set(toxic.name, toxic);
    this.#set.add(settingsOf(toxic));
    return toxic;
  }

  updateToxic(name: string, body: BodyValue): ShownToxic {
    const toxic = readToxicUpdate(this.toxic(name), body);
    this.#shown.set(name, toxic);
    this.#set.update(name, settingsOf(toxic));
    return toxic;
  }

  removeToxic(name: string): void {
    this.toxic(name);
    this.#shown.delete(name);
    this.#set.remove(name);
  }

  clearToxics(): void {
    for (const { name } of this.toxics()) this.removeToxic(name);
  }

  /** Each client has its own dial, so that an upstream that does not answer delays no other client. */
  #accept(client: Socket): void {
    const ordinal = this.#ordinal++;
    const server = dial(this.#dialled, this.#world.dialTimeoutMs);
    const live: { readonly server: Socket; connection: Connection | null } = { server, connection: null };
    this.#live.set(client, live);
    const giveUp = () => {
      client.destroy();
      server.destroy();
    };
    client.on("error", ignore).once("close", () => {
      this.#live.delete(client);
      if (live.connection === null) server.destroy();
    });
    server.on("error", ignore).once("timeout", giveUp).once("close", giveUp);
    server.once("connect", () => {
      server.setTimeout(0).off("timeout", giveUp).off("close", giveUp);
      live.connection = openConnection({ clock: this.#world.clock, seed: this.#world.seed, proxy: this.name, ordinal, toxics: this.#set });
      relay(client, server, live.connection);
    });
  }
}

/** Ignored because every error of a socket is followed by `close`, which is handled. */
const ignore = () => {};

/** Creates a stopped proxy. Rejects with ApiError when an address is not on loopback. */
export async function newProxy(world: ProxyWorld, options: ProxyOptions): Promise<Proxy> {
  const dialled = await resolveUpstream(options.upstream);
  await resolveListen(options.listen, "listen tcp: ");
  return new Proxy(world, options, dialled);
}

function listening(server: Server, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(new ApiError(500, `listen tcp ${formatAddress(address)}: ${bindFailure(error)}`)));
    server.listen({ ...address, backlog: listenBacklog }, () => {
      const bound = server.address();
      resolve(bound !== null && typeof bound === "object" ? bound.port : address.port);
    });
  });
}

function bindFailure(error: NodeJS.ErrnoException): string {
  if (error.code === "EADDRINUSE") return "bind: address already in use";
  if (error.code === "EACCES") return "bind: permission denied";
  if (error.code === "EADDRNOTAVAIL") return "bind: cannot assign requested address";
  return `bind: ${error.message}`;
}

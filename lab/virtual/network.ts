import type { Clock } from "../../kernel/clock.ts";
import { Cancelled, Canceller, type Signal } from "../../kernel/signal.ts";
import { TransportError, type Handler, type Transport } from "../../kernel/transport.ts";
import { openConnection, type Connection } from "../../simulators/network/toxics/connection.ts";
import { ToxicSet } from "../../simulators/network/toxics/toxic-set.ts";
import { ClientConnection, type FramedConnection } from "./client-connection.ts";
import { FramePipe } from "./frames.ts";
import { VirtualListener, type OnRequest } from "./listener.ts";
import { VirtualProcess } from "./process.ts";

/** One loopback round trip to set a connection up. */
const connectMs = 0.1;
/**
 * TCP sends a connection attempt that nothing answered again after a second, and then after twice as long each time
 * (RFC 6298).
 */
const firstRetryMs = 1_000;
/** As the load generator's (lab/load/undici-transport.ts). */
const connectMsMax = 30_000;

/** What looking up the name at a link's far end gives; null: its address. */
export type ResolverFault = "nxdomain" | "timeout" | "stale" | null;

/** A hop that toxics can sit on: clients reach `upstream` through `origin`. */
export interface VirtualLink {
  readonly toxics: ToxicSet;
  /** Down: new connections are refused and live ones closed. */
  setEnabled(enabled: boolean): void;
  setResolver(answer: ResolverFault): void;
}

/** Who calls: the process whose connections they are, and how long it waits for one. */
export interface Caller {
  readonly process?: VirtualProcess;
  readonly connectMs?: () => number;
}

/** Where connections to an origin go. */
interface Hop {
  readonly id: string;
  /** Null: the origin is the server's own. */
  readonly link: string | null;
  readonly upstream: string;
  readonly toxics: ToxicSet;
  enabled: boolean;
  resolver: ResolverFault;
  ordinal: number;
  readonly open: Set<Connection>;
}

/**
 * An in-memory network of connections that carry bytes: toxicity is per connection, so connections, pools and
 * keep-alive are modelled, and the toxics are the same code as in the embedded proxy. Servers never close an idle
 * connection while they run.
 */
export class VirtualNetwork {
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #onRequest: OnRequest;
  readonly #hops = new Map<string, Hop>();
  readonly #listeners = new Map<string, VirtualListener>();

  /** `onRequest`: a request has come to the far end of a link. */
  constructor({ clock, seed, onRequest = () => {} }: { clock: Clock; seed: number; onRequest?: OnRequest | undefined }) {
    this.#clock = clock;
    this.#seed = seed;
    this.#onRequest = onRequest;
  }

  /** Serves at `origin`, `http://host:port`, from now on until the process ends, in place of who served there. */
  serve(origin: string, handler: Handler, process = new VirtualProcess(this.#clock)): VirtualListener {
    if (!this.#hops.has(origin)) this.#hops.set(origin, this.#hop({ id: origin, link: null, upstream: origin }));
    const listener = new VirtualListener({ process, handler, onRequest: this.#onRequest });
    this.#listeners.set(origin, listener);
    return listener;
  }

  link({ id, origin, upstream }: { id: string; origin: string; upstream: string }): VirtualLink {
    const hop = this.#hop({ id, link: id, upstream });
    this.#hops.set(origin, hop);
    return {
      toxics: hop.toxics,
      setEnabled: (enabled) => {
        hop.enabled = enabled;
        if (!enabled) for (const connection of hop.open) connection.close("closed");
      },
      setResolver: (answer) => void (hop.resolver = answer),
    };
  }

  /** One process's way out, with its own pool of connections. */
  transport({ process = new VirtualProcess(this.#clock), connectMs: patienceMs = () => connectMsMax }: Caller = {}): Transport {
    const idle = new Map<string, ClientConnection[]>();
    const caller = { process, connectMs: patienceMs };
    return {
      open: async (request, signal) => {
        const pathAt = request.url.indexOf("/", "https://".length);
        const origin = pathAt < 0 ? request.url : request.url.slice(0, pathAt);
        if (!/^https?:/.test(origin)) throw new TransportError("dns", request.url);
        let pool = idle.get(origin);
        if (pool === undefined) idle.set(origin, (pool = []));
        const connection = popLive(pool) ?? (await this.#connect(origin, caller, signal));
        return await connection.exchange({ request, path: pathAt < 0 ? "/" : request.url.slice(pathAt), signal, release: () => pool.push(connection) });
      },
    };
  }

  #hop(place: Pick<Hop, "id" | "link" | "upstream">): Hop {
    return { ...place, toxics: new ToxicSet(), enabled: true, resolver: null, ordinal: 0, open: new Set() };
  }

  /** Rejects with `TransportError`: `aborted`, or how the connection could not be made. */
  async #connect(origin: string, { process, connectMs: patienceMs }: Required<Caller>, signal: Signal): Promise<ClientConnection> {
    const { clock } = process;
    using giveUp = new Canceller(signal);
    const stopTimer = clock.at(clock.nowMs() + patienceMs(), () => giveUp.cancel(tooLong));
    try {
      const hop = this.#hops.get(origin);
      if (hop?.resolver === "nxdomain") throw new TransportError("dns", origin);
      if (hop?.resolver === "timeout") await new Promise<never>((_, reject) => void giveUp.signal.onAbort((reason) => reject(new Cancelled(reason))));
      await clock.sleep(connectMs, giveUp.signal);
      for (let retryMs = firstRetryMs; ; retryMs *= 2) {
        const listener = hop?.enabled === true && hop.resolver !== "stale" ? this.#listeners.get(hop.upstream) : undefined;
        if (hop === undefined || listener === undefined || !listener.isOpen) throw new TransportError("refused", origin);
        if (listener.hasRoom) return new ClientConnection(this.#open(hop, listener), process);
        await clock.sleep(retryMs, giveUp.signal);
      }
    } catch (error) {
      if (error instanceof TransportError) throw error;
      throw new TransportError(giveUp.signal.reason === tooLong ? "connect_timeout" : "aborted", origin);
    } finally {
      stopTimer();
    }
  }

  #open(hop: Hop, listener: VirtualListener): FramedConnection {
    const connection = openConnection({ clock: this.#clock, seed: this.#seed, proxy: hop.id, ordinal: hop.ordinal++, toxics: hop.toxics });
    hop.open.add(connection);
    connection.onEnd(() => void hop.open.delete(connection));
    const framed = { connection, upstream: new FramePipe(connection.upstream), downstream: new FramePipe(connection.downstream) };
    void listener.serve(framed, hop.link);
    return framed;
  }
}

const tooLong = "no connection in time";

function popLive(pool: ClientConnection[]): ClientConnection | undefined {
  for (let candidate = pool.pop(); candidate !== undefined; candidate = pool.pop()) if (candidate.isLive) return candidate;
  return undefined;
}

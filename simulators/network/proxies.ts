import { asApiError, missingField, proxyAlreadyExists, proxyNotFound, type ApiError } from "./api-error.ts";
import { asList, asObject, booleanField, field, stringField, type BodyObject, type BodyValue } from "./body.ts";
import { newProxy, type Proxy, type ProxyOptions, type ProxyWorld } from "./proxy.ts";

/** All proxies by name. Changes run one after the other, so that each sees the result of the one before. */
export class Proxies {
  readonly #world: ProxyWorld;
  readonly #proxies = new Map<string, Proxy>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(world: ProxyWorld) {
    this.#world = world;
  }

  /** Sorted by name, as Go writes a map. */
  list(): readonly Proxy[] {
    return [...this.#proxies.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws ApiError 404. */
  get(name: string): Proxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw proxyNotFound();
    return proxy;
  }

  /**
   * Creates a proxy, enabled unless the body disables it. Extension: `toxics` in the body are in force before the first
   * connection. An invalid one refuses the whole request.
   */
  create(body: BodyValue): Promise<Proxy> {
    return this.#inTurn(async () => {
      const object = asObject(body, "proxy");
      const options = proxyOptions(object);
      const enabled = booleanField(object, "enabled", true);
      if (options.name === "") throw missingField("name");
      if (options.upstream === "") throw missingField("upstream");
      if (this.#proxies.has(options.name)) throw proxyAlreadyExists();
      const proxy = await newProxy(this.#world, options);
      for (const toxic of asList(field(object, "toxics") ?? null, "toxics")) proxy.addToxic(toxic);
      if (enabled) await proxy.start();
      this.#proxies.set(options.name, proxy);
      return proxy;
    });
  }

  /**
   * Creates the proxies that do not exist. One that exists with the same addresses is unchanged, and with others it is
   * replaced by a new one without toxics. Names and upstreams are checked first. A later error keeps the proxies before
   * it, which are returned with `error`.
   */
  populate(body: BodyValue): Promise<{ proxies: readonly Proxy[]; error: ApiError | null }> {
    return this.#inTurn(async () => {
      const proxies: Proxy[] = [];
      try {
        for (const { options, enabled } of readPopulation(body)) proxies.push(await this.#addOrReplace(options, enabled));
        return { proxies, error: null };
      } catch (error) {
        return { proxies, error: asApiError(error) };
      }
    });
  }

  update(name: string, body: BodyValue): Promise<Proxy> {
    return this.#inTurn(async () => {
      const proxy = this.get(name);
      const { listen, upstream, enabled } = proxy.show();
      const object = asObject(body, "proxy");
      stringField(object, "name", "");
      await proxy.update({
        listen: stringField(object, "listen", listen),
        upstream: stringField(object, "upstream", upstream),
        enabled: booleanField(object, "enabled", enabled),
      });
      return proxy;
    });
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.get(name).stop();
      this.#proxies.delete(name);
    });
  }

  /** Starts every proxy and removes every toxic. Stops at the first that cannot listen. */
  reset(): Promise<void> {
    return this.#inTurn(async () => {
      for (const proxy of this.list()) {
        await proxy.start();
        proxy.clearToxics();
      }
    });
  }

  /** Stops and removes all proxies. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      await Promise.all(this.list().map((proxy) => proxy.stop()));
      this.#proxies.clear();
    });
  }

  async #addOrReplace(options: ProxyOptions, enabled: boolean): Promise<Proxy> {
    const existing = this.#proxies.get(options.name);
    if (existing !== undefined && !(await existing.differs(options.listen, options.upstream))) return existing;
    const proxy = await newProxy(this.#world, options);
    await existing?.stop();
    if (enabled) await proxy.start();
    this.#proxies.set(options.name, proxy);
    return proxy;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(change);
    // Whoever asked for the change gets its error; the next change does not wait for it to succeed.
    this.#turn = done.catch(() => {});
    return done;
  }
}

function proxyOptions(object: BodyObject): ProxyOptions {
  return { name: stringField(object, "name", ""), listen: stringField(object, "listen", ""), upstream: stringField(object, "upstream", "") };
}

function readPopulation(body: BodyValue): readonly { options: ProxyOptions; enabled: boolean }[] {
  const read = asList(body, "body").map((entry) => {
    const object = asObject(entry, "proxy");
    return { options: proxyOptions(object), enabled: booleanField(object, "enabled", true) };
  });
  for (const [index, { options }] of read.entries()) {
    if (options.name === "") throw missingField(`name at proxy ${index + 1}`);
    if (options.upstream === "") throw missingField(`upstream at proxy ${index + 1}`);
  }
  return read;
}

/** A request that was answered more than once, as its client sent it, without its key. */
export interface PopularRequest {
  /** Digest of its cache key: another configuration has another one. */
  readonly id: string;
  readonly team: string;
  readonly feature: string;
  readonly path: string;
  readonly body: string;
  /** How often it was asked, halved each ten minutes; as of `atMs`, on the wall clock. */
  readonly count: number;
  readonly atMs: number;
  /** What its answer cost when a provider last gave it; 0: not known. */
  readonly nanoUsd: number;
}

/** Where the lists are kept for the next start of the process, one for each team, sealed. No call throws. */
export interface PopularityDisk {
  /** The texts that can be opened. */
  read(): readonly string[];
  write(team: string, text: string): void;
}

const halfLifeMs = 600_000;
/** Of one team. */
const requestsMax = 300;
const bodyCharactersMax = 8_192;
/** What a request without a known price counts as: it comes after all that have one. */
const leastNanoUsd = 1;

type Writable = { -readonly [Field in keyof PopularRequest]: PopularRequest[Field] };

/** Counts what is asked of the cache, by team. Pure: the caller knows the time. */
export class Popularity {
  readonly #byId = new Map<string, Writable>();
  /** By the whole cache key, so that a digest is made once for a request. */
  readonly #byKey = new Map<string, Writable>();
  readonly #changed = new Set<string>();

  /** What an earlier process kept. Lists of another form are dropped. */
  load(texts: readonly string[]): void {
    for (const request of texts.flatMap(requestsIn)) this.#byId.set(request.id, { ...request });
  }

  /** A request that the cache answered, or whose answer it stored. */
  asked(key: string, nowMs: number, describe: () => Omit<PopularRequest, "count" | "atMs" | "nanoUsd"> | null): void {
    const known = this.#byKey.get(key) ?? this.#added(key, nowMs, describe);
    if (known === null) return;
    known.count = countAt(known, nowMs) + 1;
    known.atMs = nowMs;
    this.#changed.add(known.team);
  }

  /** What a provider billed for its answer. */
  priced(key: string, nanoUsd: number): void {
    const known = this.#byKey.get(key);
    if (known !== undefined && nanoUsd > 0) known.nanoUsd = nanoUsd;
  }

  /** What is worth warming: by popularity times price. What was asked once is not. */
  ranked(nowMs: number): readonly PopularRequest[] {
    return [...this.#byId.values()].filter((request) => countAt(request, nowMs) > 1).toSorted(worthiestAt(nowMs));
  }

  /** The lists that have changed since the last call, as they are kept. */
  changedLists(nowMs: number): readonly { readonly team: string; readonly text: string }[] {
    const teams = [...this.#changed];
    this.#changed.clear();
    return teams.map((team) => ({ team, text: JSON.stringify({ schema: 1, requests: this.#trim(team, nowMs) }) }));
  }

  #added(key: string, nowMs: number, describe: () => Omit<PopularRequest, "count" | "atMs" | "nanoUsd"> | null): Writable | null {
    const described = describe();
    if (described === null || described.body.length > bodyCharactersMax) return null;
    const request = this.#byId.get(described.id) ?? { ...described, count: 0, atMs: nowMs, nanoUsd: 0 };
    this.#byId.set(request.id, request);
    this.#byKey.set(key, request);
    return request;
  }

  /** Keeps a team's best, and forgets the others. */
  #trim(team: string, nowMs: number): readonly PopularRequest[] {
    const own = [...this.#byId.values()].filter((request) => request.team === team).toSorted(worthiestAt(nowMs));
    const dropped = new Set(own.slice(requestsMax));
    for (const { id } of dropped) this.#byId.delete(id);
    if (dropped.size > 0) for (const [key, request] of this.#byKey) if (dropped.has(request)) this.#byKey.delete(key);
    return own.slice(0, requestsMax);
  }
}

const countAt = ({ count, atMs }: PopularRequest, nowMs: number) => count * 2 ** (-Math.max(0, nowMs - atMs) / halfLifeMs);
const worthAt = (request: PopularRequest, nowMs: number) => countAt(request, nowMs) * Math.max(leastNanoUsd, request.nanoUsd);
const worthiestAt = (nowMs: number) => (a: PopularRequest, b: PopularRequest) => worthAt(b, nowMs) - worthAt(a, nowMs);

function requestsIn(text: string): readonly PopularRequest[] {
  try {
    const { schema, requests } = JSON.parse(text) as { schema?: unknown; requests?: unknown };
    return schema === 1 && Array.isArray(requests) ? requests.filter(isRequest) : [];
  } catch {
    return [];
  }
}

function isRequest(value: unknown): value is PopularRequest {
  const fields = (value ?? {}) as Record<string, unknown>;
  return ["id", "team", "feature", "path", "body"].every((name) => typeof fields[name] === "string") && ["count", "atMs", "nanoUsd"].every((name) => Number.isFinite(fields[name]));
}

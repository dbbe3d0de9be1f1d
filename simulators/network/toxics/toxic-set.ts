import type { Attributes, ToxicSettings, ToxicStream } from "./settings.ts";

/** Receives the edits of a set. Each live connection is one. */
export interface ToxicFollower {
  added(settings: ToxicSettings): void;
  updated(settings: ToxicSettings): void;
  removed(settings: ToxicSettings): void;
}

/**
 * The toxics of one proxy, in the order of their addition within each stream. When an edit returns, it is in force on
 * all live connections.
 */
export class ToxicSet {
  #settings: ToxicSettings[] = [];
  readonly #followers = new Set<ToxicFollower>();

  /** Upstream's first, then downstream's. */
  list(): readonly ToxicSettings[] {
    return [...this.of("upstream"), ...this.of("downstream")];
  }

  of(stream: ToxicStream): readonly ToxicSettings[] {
    return this.#settings.filter((settings) => settings.stream === stream);
  }

  get(name: string): ToxicSettings | null {
    return this.#settings.find((settings) => settings.name === name) ?? null;
  }

  /** Returns false, and changes nothing, when the name is taken. */
  add(settings: ToxicSettings): boolean {
    if (this.get(settings.name) !== null) return false;
    this.#settings.push(settings);
    for (const follower of this.#followers) follower.added(settings);
    return true;
  }

  /** Merges attributes and replaces toxicity. Returns null when there is no such toxic. */
  update(name: string, change: { attributes?: Attributes; toxicity?: number }): ToxicSettings | null {
    const old = this.get(name);
    if (old === null) return null;
    const next = { ...old, attributes: { ...old.attributes, ...change.attributes }, toxicity: change.toxicity ?? old.toxicity };
    this.#settings[this.#settings.indexOf(old)] = next;
    for (const follower of this.#followers) follower.updated(next);
    return next;
  }

  /** Returns false when there is no such toxic. */
  remove(name: string): boolean {
    const old = this.get(name);
    if (old === null) return false;
    this.#settings.splice(this.#settings.indexOf(old), 1);
    for (const follower of this.#followers) follower.removed(old);
    return true;
  }

  clear(): void {
    for (const settings of this.list()) this.remove(settings.name);
  }

  /** Notifies `follower` of every edit until the returned function is called. */
  follow(follower: ToxicFollower): () => void {
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }
}

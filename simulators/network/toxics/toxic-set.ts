import type { Attributes, ToxicSettings, ToxicStream } from "./settings.ts";

/** What follows the edits of a set: each live connection. */
export interface ToxicFollower {
  added(settings: ToxicSettings): void;
  updated(settings: ToxicSettings): void;
  removed(settings: ToxicSettings): void;
}

/** The toxics of one proxy, in order of adding within each stream. An edit is in force on all live connections when the call returns. */
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

  /** False, and nothing changed, when the name is taken. */
  add(settings: ToxicSettings): boolean {
    if (this.get(settings.name) !== null) return false;
    this.#settings.push(settings);
    for (const follower of this.#followers) follower.added(settings);
    return true;
  }

  /** Merges attributes, replaces toxicity. Null when there is no such toxic. */
  update(name: string, change: { attributes?: Attributes; toxicity?: number }): ToxicSettings | null {
    const old = this.get(name);
    if (old === null) return null;
    const next = { ...old, attributes: { ...old.attributes, ...change.attributes }, toxicity: change.toxicity ?? old.toxicity };
    this.#settings[this.#settings.indexOf(old)] = next;
    for (const follower of this.#followers) follower.updated(next);
    return next;
  }

  /** False when there is no such toxic. */
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

  /** Tells `follower` of every edit from now on, until the returned function is called. */
  follow(follower: ToxicFollower): () => void {
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }
}

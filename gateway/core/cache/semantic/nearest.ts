import { similarityOf } from "./embedder.ts";
import { type Veto, vetoOf } from "./veto.ts";

interface Point {
  readonly question: string;
  readonly vector: Float32Array;
  /** The exact key of the answer. */
  readonly key: string;
}

export interface PointBounds {
  readonly entriesMax: number;
  /** Approximate characters of questions, keys, scopes and vectors together. */
  readonly charactersMax: number;
}

export interface Neighbour {
  readonly key: string;
  readonly question: string;
  readonly similarity: number;
}

/**
 * Questions compared for one look-up: the scope's latest. Bounds the work to about 1 ms at 384 numbers. Under the
 * strict veto there are few.
 */
const COMPARED_MAX = 2_000;
const CANDIDATES_MAX = 8;

/**
 * Questions whose answers are in the cache, by scope: what must be identical (tenant, route, system prompt, tools,
 * parameters, the history). The oldest are evicted above the bounds.
 */
export class NearestQuestions {
  readonly #scopes = new Map<string, Map<string, Point>>();
  #size = 0;
  #characters = 0;

  get size(): number {
    return this.#size;
  }

  add(scope: string, point: Point, { entriesMax, charactersMax }: PointBounds): void {
    this.remove(scope, point.question);
    if (charactersOf(scope, point) > charactersMax) return;
    const points = this.#scopes.get(scope) ?? new Map<string, Point>();
    points.set(point.question, point);
    this.#size++;
    this.#characters += charactersOf(scope, point);
    /** The scope written last stands last. */
    this.#scopes.delete(scope);
    this.#scopes.set(scope, points);
    while (this.#size > entriesMax || this.#characters > charactersMax) this.#dropOldest();
  }

  /** The nearest question at or above the threshold that the veto accepts; null: none. */
  find(scope: string, asked: { question: string; vector: Float32Array }, settings: { threshold: number; veto: Veto }): Neighbour | null {
    const points = [...(this.#scopes.get(scope)?.values() ?? [])].slice(-COMPARED_MAX);
    const candidates = points
      .map(({ key, question, vector }) => ({ key, question, similarity: similarityOf(asked.vector, vector) }))
      .filter(({ similarity }) => similarity >= settings.threshold)
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, CANDIDATES_MAX);
    const found = candidates.find(({ question }) => vetoOf(settings.veto, asked.question, question) === null);
    return found === undefined ? null : { key: found.key, question: found.question, similarity: Math.min(1, found.similarity) };
  }

  clear(): void {
    this.#scopes.clear();
    this.#size = 0;
    this.#characters = 0;
  }

  /** Removes a question whose answer is gone. */
  remove(scope: string, question: string): void {
    const points = this.#scopes.get(scope);
    const point = points?.get(question);
    if (points === undefined || point === undefined) return;
    points.delete(question);
    this.#size--;
    this.#characters -= charactersOf(scope, point);
    if (points.size === 0) this.#scopes.delete(scope);
  }

  #dropOldest(): void {
    const [scope, points] = this.#scopes.entries().next().value!;
    this.remove(scope, points.keys().next().value!);
  }
}

const charactersOf = (scope: string, { question, key, vector }: Point) => scope.length + question.length + key.length + vector.byteLength;

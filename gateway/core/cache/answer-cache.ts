import type { Clock, Secrets, Store, Transport } from "../../../kernel/seams.ts";
import { Cancelled, type Signal } from "../../../kernel/signal.ts";
import type { Answers } from "./answer.ts";
import type { StoredAnswer } from "./stored-answer.ts";
import { MemoryAnswers } from "./answers-memory.ts";
import { SharedAnswers } from "./answers-store.ts";
import { Flights } from "./flights.ts";
import type { CacheKey } from "./key.ts";
import type { Embedder } from "./semantic/embedder.ts";
import { lexicalEmbedder } from "./semantic/lexical.ts";
import { NearestQuestions } from "./semantic/nearest.ts";
import { openaiEmbedder } from "./semantic/openai-embedder.ts";
import { withCircuit } from "./semantic/embedder-circuit.ts";
import { QUESTION_CHARACTERS_MAX } from "./semantic/tokens.ts";
import { bucketOf } from "./semantic/veto.ts";
import { type CacheConfig, defaultCache, type SemanticConfig } from "./settings.ts";

export interface CacheSeams {
  readonly clock: Clock;
  readonly store: Store;
  readonly transport: Transport;
  readonly secrets: Secrets;
}

export interface Found {
  readonly answer: StoredAnswer;
  readonly ageMs: number;
}

export interface FoundSimilar extends Found {
  readonly similarity: number;
}

/** Maximum look-ups that one question may cost when similar questions point at answers that are gone. */
const LOOKUPS_MAX = 3;

/**
 * The cache of one data-plane process. Its answers survive a change of config: what the config changes is part of their
 * keys.
 */
export class AnswerCache {
  readonly #seams: CacheSeams;
  readonly #memory = new MemoryAnswers(defaultCache);
  readonly #nearest = new NearestQuestions();
  readonly flights = new Flights();

  constructor(seams: CacheSeams) {
    this.#seams = seams;
  }

  get entries(): number {
    return this.#memory.size;
  }

  /** Drops what this process holds. */
  flush(): void {
    this.#memory.clear();
    this.#nearest.clear();
  }

  /**
   * Drops what this process holds and stores nothing until the next `view`: a cache that is switched off and on again
   * starts cold.
   */
  switchOff(): void {
    this.#memory.resize({ entriesMax: 0, charactersMax: 0 });
    this.#nearest.clear();
  }

  /** The cache under these settings. */
  view(settings: CacheConfig): CacheView {
    this.#memory.resize(settings);
    const answers = settings.backend === "memory" ? this.#memory : new SharedAnswers(this.#seams.store, this.#seams.clock, settings);
    const semantic = settings.semantic === null ? null : { settings: settings.semantic, embedder: embedderOf(settings.semantic, this.#seams) };
    return new CacheView({ clock: this.#seams.clock, answers, nearest: this.#nearest, flights: this.flights, settings, semantic });
  }
}

interface ViewParts {
  readonly clock: Clock;
  readonly answers: Answers;
  readonly nearest: NearestQuestions;
  readonly flights: Flights;
  readonly settings: CacheConfig;
  readonly semantic: { readonly settings: SemanticConfig; readonly embedder: Embedder } | null;
}

export class CacheView {
  readonly #parts: ViewParts;
  /** One embedding a request, for the look-up and for storing its answer. */
  readonly #vectors = new WeakMap<CacheKey, Promise<Float32Array | null>>();
  readonly settings: CacheConfig;
  readonly flights: Flights;

  constructor(parts: ViewParts) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.flights = parts.flights;
  }

  /** The answer to this very request, whatever its age within `ttlMs` and `staleIfErrorMs` together. */
  find({ exact }: Pick<CacheKey, "exact">): Found | null | Promise<Found | null> {
    const read = this.#parts.answers.read(exact);
    return read instanceof Promise ? read.then((answer) => this.#found(answer)) : this.#found(read);
  }

  #found(answer: StoredAnswer | null): Found | null {
    if (answer === null) return null;
    const ageMs = Math.max(0, this.#parts.clock.wallMs() - answer.storedAtMs);
    return ageMs <= this.settings.ttlMs + this.settings.staleIfErrorMs ? { answer, ageMs } : null;
  }

  /** Whether similar questions are looked for. */
  get isSemantic(): boolean {
    return this.#parts.semantic !== null;
  }

  /** Stores an answer and makes its question findable. Nobody waits for it. */
  async store(key: CacheKey, answer: StoredAnswer, signal: Signal): Promise<void> {
    await this.#parts.answers.write(key.exact, answer);
    if (this.#parts.semantic === null) return;
    const vector = await this.#vectorOf(key, signal);
    if (vector !== null) this.#parts.nearest.add(this.#scopeOf(key), { question: key.question!, vector, key: key.exact }, this.settings);
  }

  /** A fresh answer to a similar question. */
  async findSimilar(key: CacheKey, signal: Signal): Promise<FoundSimilar | null> {
    const { semantic, nearest } = this.#parts;
    if (semantic === null) return null;
    const vector = await this.#vectorOf(key, signal);
    if (vector === null) return null;
    for (let lookups = 0; lookups < LOOKUPS_MAX; lookups++) {
      const near = nearest.find(this.#scopeOf(key), { question: key.question!, vector }, semantic.settings);
      if (near === null) return null;
      const found = await this.find({ exact: near.key });
      if (found !== null && found.ageMs <= this.settings.ttlMs) return { ...found, similarity: near.similarity };
      nearest.remove(this.#scopeOf(key), near.question);
    }
    return null;
  }

  /** Null: nothing to compare, a question longer than the veto reads, or an embedder that does not answer. */
  #vectorOf(key: CacheKey, signal: Signal): Promise<Float32Array | null> {
    const known = this.#vectors.get(key) ?? this.#embed(key.question, signal);
    this.#vectors.set(key, known);
    return known;
  }

  async #embed(question: string | null, signal: Signal): Promise<Float32Array | null> {
    const { semantic } = this.#parts;
    if (semantic === null || question === null || question.trim() === "" || question.length > QUESTION_CHARACTERS_MAX) return null;
    try {
      return await semantic.embedder.embed(question, signal);
    } catch (error) {
      if (error instanceof Cancelled && signal.aborted) throw error;
      return null;
    }
  }

  /**
   * Vectors of other embedders, and questions that the veto would refuse anyway, are in other scopes and never
   * compared.
   */
  #scopeOf(key: CacheKey): string {
    const { semantic } = this.#parts;
    if (semantic === null || key.question === null) return key.scope();
    return [semantic.embedder.id, semantic.settings.veto, bucketOf(semantic.settings.veto, key.question), key.scope()].join("\u001f");
  }
}

function embedderOf(settings: SemanticConfig, seams: CacheSeams): Embedder {
  return settings.embedder.kind === "lexical" ? lexicalEmbedder : withCircuit(openaiEmbedder(settings.embedder, seams), seams.clock);
}

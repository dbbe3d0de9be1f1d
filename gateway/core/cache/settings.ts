import type { Veto } from "./semantic/veto.ts";
import type { WarmUpConfig } from "./warm-up/settings.ts";

/** Which earlier answers may be reused. Absent from the gateway's config: none. */
export interface CacheConfig {
  /** How long an answer is fresh. */
  readonly ttlMs: number;
  /** How much longer it may be used when the providers fail. 0: never. */
  readonly staleIfErrorMs: number;
  /** Which requests share answers: those of one team and feature, or of one team. Teams never share. */
  readonly scope: "feature" | "team";
  /** `memory`: this process alone. `store`: the shared store (Redis), which all processes read. */
  readonly backend: "memory" | "store";
  /** How long a look-up in the shared store may take before it counts as a miss. */
  readonly storeDeadlineMs: number;
  /** Bounds of the memory, and of the questions that the semantic cache compares. */
  readonly entriesMax: number;
  readonly charactersMax: number;
  /**
   * How long others wait for the same request in flight, from its start, before one asks in its place. 0: they do not
   * wait.
   */
  readonly coalesceWaitMs: number;
  /** Null: exact requests only. */
  readonly semantic: SemanticConfig | null;
  /** Null: a process that starts waits for its clients' questions. */
  readonly warmUp: WarmUpConfig | null;
}

export interface SemanticConfig {
  /** Minimum cosine of two questions, 0..1. */
  readonly threshold: number;
  readonly veto: Veto;
  readonly embedder: { readonly kind: "lexical" } | RemoteEmbedderConfig;
}

/** Any OpenAI-compatible `/v1/embeddings`. While it fails, only exact requests hit. */
export interface RemoteEmbedderConfig {
  readonly kind: "openai";
  /** Without a trailing slash: `http://127.0.0.1:9001/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly credential: string;
  readonly timeoutMs: number;
}

/** The threshold was measured: docs/results/semantic-cache.md. */
export const defaultSemantic: SemanticConfig = { threshold: 0.85, veto: "strict", embedder: { kind: "lexical" } };

export const defaultCache: CacheConfig = {
  ttlMs: 300_000,
  staleIfErrorMs: 3_600_000,
  scope: "feature",
  backend: "memory",
  storeDeadlineMs: 50,
  entriesMax: 10_000,
  charactersMax: 64 * 1024 * 1024,
  coalesceWaitMs: 10_000,
  semantic: null,
  warmUp: null,
};

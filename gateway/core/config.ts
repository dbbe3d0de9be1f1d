import type { GatewayDialect } from "../../kernel/chat.ts";

import type { CacheConfig } from "./cache/settings.ts";
import type { PriceTable } from "./cost/price.ts";
import type { GuardsConfig } from "./guards/settings.ts";
import type { PromptRegistry } from "./prompts/definition.ts";

/**
 * The gateway's whole configuration, as its core reads it: validated, with every default filled in. Times are in ms,
 * shares from 0 to 1.
 */
export interface GatewayConfig {
  readonly region: string;
  readonly keys: readonly VirtualKey[];
  readonly deployments: readonly DeploymentConfig[];
  readonly routes: readonly RouteConfig[];
  readonly policy: PolicyConfig;
  /**
   * Fails an answer, before any of it is delivered, whose `model` is neither the requested one, nor a dated snapshot of
   * it, nor in `answersAs`.
   */
  readonly contractCheck: boolean;
  /** What answers call it where they run on no package. Absent: they name none. */
  readonly name?: string;
  /**
   * How long a stream may be silent before its client gets a comment, so that no load balancer cuts the connection. The
   * answer's head is then sent before its first token. Absent: no comments.
   */
  readonly heartbeatMs?: number;
  /** Concurrent requests; above it: 503 with Retry-After. */
  readonly concurrencyMax: number;
  /** Planted defects: what makes a gateway sick. `hardened` refuses them. */
  readonly defects: readonly DefectConfig[];
  readonly hardened: boolean;
  /** What teams may use. Absent: no limits. */
  readonly limits?: LimitsConfig;
  /**
   * Share of `concurrencyMax` from which requests of a priority are shed. A priority that is absent: 1. All absent:
   * nothing is shed early.
   */
  readonly shedding?: Readonly<Partial<Record<Priority, number>>>;
  /** Absent: no model has a price. */
  readonly prices?: PriceTable;
  /**
   * Whether a deployment whose model has no price is refused, or only flagged where its cost would be. Absent: flagged.
   */
  readonly unknownModel?: "error" | "flag";
  /** Absent: no cache. */
  readonly cache?: CacheConfig | null;
  /** Absent: no guards. */
  readonly guards?: GuardsConfig;
  /** Absent: requests cannot refer to prompts. */
  readonly registry?: PromptRegistry;
}

/** Lowest first: the order in which load is shed. */
export type Priority = "low" | "normal" | "high";

/** Limits are reserved before a request and settled after it. Windows follow the wall clock (a day is a UTC day). */
export interface LimitsConfig {
  readonly rules: readonly LimitRule[];
  /**
   * `max_tokens` for a request that names none and is under a token or money limit: a reservation must bound what can
   * be used.
   */
  readonly outputTokensDefault: number;
  /** How long the store may take to answer before this process draws on its own share. */
  readonly storeMs: number;
  /**
   * The region's part of every allowance, 0..1: with n regions, 1/n. Raised while its own edge reports that others are
   * out. Absent: 1.
   */
  readonly regionShare?: number;
}

/** What one team may use in each window. A unit that is absent is not limited. */
export interface LimitRule {
  /** `*`: every team, each on its own. */
  readonly team: string;
  readonly windowMs: number;
  readonly requests?: number;
  readonly tokens?: number;
  /** US dollars, over all attempts. */
  readonly usd?: number;
}

/**
 * What a client sends as its bearer token, or the digest of that (`keys.ts`), and the team and feature that it stands
 * for.
 */
export interface VirtualKey {
  readonly key: string;
  readonly team: string;
  readonly feature: string;
  /** Absent: normal. */
  readonly priority?: Priority;
}

export interface DeploymentConfig {
  readonly name: string;
  readonly dialect: GatewayDialect;
  readonly model: string;
  /** Without a trailing slash: `http://127.0.0.1:9001/v1`. */
  readonly baseUrl: string;
  /** A reference that `Secrets` can read: `env:OPENAI_API_KEY`. Never the key itself. */
  readonly credential: string;
  /**
   * Deployments with the same text here are of one provider, and learn from each other's failures. Absent: those with
   * the same `baseUrl` are.
   */
  readonly provider?: string;
  /**
   * Whether it continues a closing assistant message (prefill) instead of answering it. Absent: no. Streams are rescued
   * either way.
   */
  readonly continuesPrefix?: boolean;
  /**
   * Other names that its answers may give for their model, where `model` is an alias or a custom name (Azure).
   * Snapshots (`gpt-4o-2024-08-06`) need not be listed.
   */
  readonly answersAs?: readonly string[];
  /**
   * Whether its streams are asked for usage where the client does not ask. False: its server refuses that, and costs
   * are estimated. Absent: until it refuses.
   */
  readonly streamUsage?: boolean;
  /**
   * Size of its context window in tokens. A prompt that is too long for one deployment goes to one with a larger
   * window. Absent: unknown.
   */
  readonly contextTokens?: number;
  /**
   * `max_tokens` of a request that names none, where the wire format requires one (Anthropic). Absent: the model's own
   * maximum, where it is known, else 32,000.
   */
  readonly maxOutputTokens?: number;
}

/** What clients name as `model`; deployments in order of preference. */
export interface RouteConfig {
  readonly name: string;
  readonly deployments: readonly string[];
  /** Weights, above 0, of the deployments that share requests as equals: see `policy.balance`. */
  readonly weights?: Readonly<Record<string, number>>;
}

export interface PolicyConfig {
  /** Whether a request may go to the route's next deployment. */
  readonly failover: boolean;
  readonly retry: {
    /** Attempts at one deployment for one request, the first included. 1: no retry in place. */
    readonly attemptsPerDeploymentMax: number;
    /** Attempts for one request over all deployments. */
    readonly attemptsMax: number;
    /** Full jitter: uniform in [0, min(maxMs, baseMs * 2^n)]. */
    readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  };
  /**
   * Retries in place across all requests: each request earns `ratio` tokens up to `tokensMax`, each further attempt at
   * the same deployment spends one (Brooker, "retries", token bucket). A failover to a deployment that is not known to
   * be bad spends none, except where there is no breaker, so that nothing is known.
   */
  readonly retryBudget: { readonly ratio: number; readonly tokensMax: number };
  /** Null: no breaker. */
  readonly breaker: BreakerConfig | null;
  readonly deadlines: DeadlineConfig;
  /** Whether a stream that breaks after content has flowed is continued. Null: it ends in an in-band error. */
  readonly rescue: RescueConfig | null;
  /** A second attempt beside one that is slow to reach its commit point. Null: none. */
  readonly hedge: HedgeConfig | null;
  /** The deployments of a route that have weights share its requests by weight and latency. Null: the route's order. */
  readonly balance: BalanceConfig | null;
  /**
   * An adaptive limit on the attempts that wait for an answer at each deployment. Above it a request goes to another
   * deployment, and is refused when all are at their limits. Null: none.
   */
  readonly concurrency: ConcurrencyConfig | null;
}

export interface HedgeConfig {
  readonly delayMs: number;
}

export interface BalanceConfig {
  readonly by: "latency";
}

export interface ConcurrencyConfig {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

export interface RescueConfig {
  /** Further attempts for one broken stream, refused ones included. */
  readonly attemptsMax: number;
}

export interface BreakerConfig {
  /** Opens when the share of failures within the window exceeds this. */
  readonly failureRateThreshold: number;
  readonly minimumThroughput: number;
  readonly windowMs: number;
  readonly cooldownMs: number;
  readonly halfOpenMaxConcurrent: number;
  /**
   * Also opens when the attempts that began within this time exceed the threshold, those in flight counted as not
   * failed: traffic leaves a provider that goes down within a second or two, however good its last `windowMs` were.
   * Absent: never.
   */
  readonly outageWindowMs?: number;
  /**
   * For this long after probes have closed it, only a share of the requests begins here, rising from a tenth to all, as
   * long as another deployment of the route can take the rest: a provider that has just recovered is cold. Absent: all
   * at once.
   */
  readonly rampMs?: number;
}

export interface DeadlineConfig {
  readonly connectMs: number;
  /**
   * From sending the attempt to its first content token, or the first thought of a model that thinks aloud: headers, a
   * role chunk and comments do not count.
   */
  readonly firstTokenMs: number;
  /** From sending the attempt to the first content token of a model that thinks aloud. */
  readonly thinkingMs: number;
  /**
   * From sending the attempt to the end of a JSON answer, which shows no tokens. Absent: `firstTokenMs` and one
   * `idleMs`.
   */
  readonly wholeMs?: number;
  /** Between two content tokens or thoughts, while waiting for upstream. */
  readonly idleMs: number;
  /**
   * The whole request, retries and waits included. Absent: no limit, because an answer that flows must not be cut for
   * its length. Attempts then begin within a minute of the request's arrival.
   */
  readonly totalMs?: number;
  /**
   * Minimum rate of content tokens (text events) a second, over the time spent waiting for upstream since the first,
   * after `graceMs` of it. 0: off.
   */
  readonly throughput: { readonly tokensPerSecondMin: number; readonly graceMs: number };
}

/** A planted defect, for a share of the requests of some cells, within a time span of the gateway's clock. */
export interface DefectConfig {
  readonly kind: "corrupt" | "leak" | "slow" | "mix_up" | "drop_telemetry" | "fail" | "flap" | "exhaust" | "drift";
  readonly share: number;
  /** Absent: all. */
  readonly teams?: readonly string[];
  readonly features?: readonly string[];
  /** Only `slow`. */
  readonly delayMs?: number;
  /** Only `flap`. */
  readonly periodMs?: number;
  /** Only `exhaust`. */
  readonly requests?: number;
  /** On the clock's `nowMs` timeline; absent: always. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

export const defaultPolicy: PolicyConfig = {
  failover: true,
  retry: { attemptsPerDeploymentMax: 2, attemptsMax: 4, backoff: { baseMs: 100, maxMs: 2_000 } },
  retryBudget: { ratio: 0.2, tokensMax: 50 },
  breaker: { failureRateThreshold: 0.5, minimumThroughput: 10, windowMs: 10_000, cooldownMs: 5_000, halfOpenMaxConcurrent: 1, outageWindowMs: 2_000 },
  deadlines: {
    connectMs: 2_000,
    firstTokenMs: 10_000,
    thinkingMs: 300_000,
    idleMs: 10_000,
    throughput: { tokensPerSecondMin: 0, graceMs: 5_000 },
  },
  rescue: { attemptsMax: 3 },
  hedge: null,
  balance: null,
  concurrency: null,
};

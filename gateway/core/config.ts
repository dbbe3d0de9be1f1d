import type { GatewayDialect } from "../../kernel/chat.ts";

/** The gateway's whole configuration, as its core sees it: validated, with every default filled in. Times are ms, shares 0..1. */
export interface GatewayConfig {
  readonly region: string;
  readonly keys: readonly VirtualKey[];
  readonly deployments: readonly DeploymentConfig[];
  readonly routes: readonly RouteConfig[];
  readonly policy: PolicyConfig;
  /** Fails an answer whose `model` is not the one that was asked for, before any of it is delivered. */
  readonly contractCheck: boolean;
  /** Concurrent requests; above it: 503 with Retry-After. */
  readonly concurrencyMax: number;
  /** Planted faults: what makes a gateway sick. `hardened` refuses them. */
  readonly defects: readonly DefectConfig[];
  readonly hardened: boolean;
}

/** What a client presents as its bearer token, and whom it stands for. */
export interface VirtualKey {
  readonly key: string;
  readonly team: string;
  readonly feature: string;
}

export interface DeploymentConfig {
  readonly name: string;
  readonly dialect: GatewayDialect;
  readonly model: string;
  /** Without a trailing slash: `http://127.0.0.1:9001/v1`. */
  readonly baseUrl: string;
  /** A reference that `Secrets` can read: `env:OPENAI_API_KEY`. Never the key itself. */
  readonly credential: string;
}

/** What clients name as `model`; deployments in order of preference. */
export interface RouteConfig {
  readonly name: string;
  readonly deployments: readonly string[];
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
   * Retries and failovers across all requests: each first attempt earns `ratio` tokens up to `tokensMax`, each further attempt spends one
   * (Brooker, "retries", token bucket). A first attempt that goes straight to a fallback because a breaker is open spends none.
   */
  readonly retryBudget: { readonly ratio: number; readonly tokensMax: number };
  /** Null: no breaker. */
  readonly breaker: BreakerConfig | null;
  readonly deadlines: DeadlineConfig;
}

export interface BreakerConfig {
  /** Opens when the share of failures within the window exceeds this. */
  readonly failureRateThreshold: number;
  readonly minimumThroughput: number;
  readonly windowMs: number;
  readonly cooldownMs: number;
  readonly halfOpenMaxConcurrent: number;
}

export interface DeadlineConfig {
  readonly connectMs: number;
  /**
   * From sending the attempt to its first content token: not headers, not a role chunk, not a comment. A JSON answer, which shows no tokens,
   * has `idleMs` more.
   */
  readonly firstTokenMs: number;
  /** Between two content tokens, while waiting for upstream. */
  readonly idleMs: number;
  /** The whole request, retries and waits included. */
  readonly totalMs: number;
  /** Content tokens (text events) a second, over the time spent waiting for upstream since the first, once `graceMs` of it have passed. 0: off. */
  readonly throughput: { readonly tokensPerSecondMin: number; readonly graceMs: number };
}

/** A planted defect (design, section 3.7), for a share of the requests of some cells, within a time span of the gateway's clock. */
export interface DefectConfig {
  readonly kind: "corrupt" | "leak" | "slow" | "mix_up" | "drop_telemetry" | "fail";
  readonly share: number;
  /** Absent: all. */
  readonly teams?: readonly string[];
  readonly features?: readonly string[];
  /** Only `slow`. */
  readonly delayMs?: number;
  /** On the clock's `nowMs` timeline; absent: always. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

export const defaultPolicy: PolicyConfig = {
  failover: true,
  retry: { attemptsPerDeploymentMax: 2, attemptsMax: 4, backoff: { baseMs: 100, maxMs: 2_000 } },
  retryBudget: { ratio: 0.2, tokensMax: 50 },
  breaker: { failureRateThreshold: 0.5, minimumThroughput: 10, windowMs: 10_000, cooldownMs: 5_000, halfOpenMaxConcurrent: 1 },
  deadlines: {
    connectMs: 2_000,
    firstTokenMs: 10_000,
    idleMs: 10_000,
    totalMs: 60_000,
    throughput: { tokensPerSecondMin: 0, graceMs: 5_000 },
  },
};

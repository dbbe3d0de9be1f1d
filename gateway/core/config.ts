import type { GatewayDialect } from "../../kernel/chat.ts";

import type { CacheConfig } from "./cache/settings.ts";
import type { PriceTable } from "./cost/price.ts";
import type { GuardsConfig } from "./guards/settings.ts";
import type { PromptRegistry } from "./prompts/definition.ts";

/** The gateway's whole configuration, as its core sees it: validated, with every default filled in. Times are ms, shares 0..1. */
export interface GatewayConfig {
  readonly region: string;
  readonly keys: readonly VirtualKey[];
  readonly deployments: readonly DeploymentConfig[];
  readonly routes: readonly RouteConfig[];
  readonly policy: PolicyConfig;
  /** Fails an answer whose `model` is neither the one that was asked for, nor a dated snapshot of it, nor in `answersAs`, before any of it is delivered. */
  readonly contractCheck: boolean;
  /** Concurrent requests; above it: 503 with Retry-After. */
  readonly concurrencyMax: number;
  /** Planted faults: what makes a gateway sick. `hardened` refuses them. */
  readonly defects: readonly DefectConfig[];
  readonly hardened: boolean;
  /** What teams may use. Absent: as much as they like. */
  readonly limits?: LimitsConfig;
  /** Share of `concurrencyMax` from which requests of a priority are shed; 1 for one that is absent. Absent: nobody before the others. */
  readonly shedding?: Readonly<Partial<Record<Priority, number>>>;
  /** Absent: no model has a price. */
  readonly prices?: PriceTable;
  /** Whether a deployment whose model has no price is refused, or only flagged wherever its cost would stand. Absent: flagged. */
  readonly unknownModel?: "error" | "flag";
  /** Absent: no answer is given twice. */
  readonly cache?: CacheConfig;
  /** Absent: requests and answers pass unread. */
  readonly guards?: GuardsConfig;
  /** Absent: requests can refer to no prompt. */
  readonly registry?: PromptRegistry;
}

/** Lowest first: the order in which load is shed. */
export type Priority = "low" | "normal" | "high";

/** Limits are reserved before a request and settled after it. Windows follow the wall clock (a day is a UTC day). */
export interface LimitsConfig {
  readonly rules: readonly LimitRule[];
  /** `max_tokens` for a request under a token or money limit that names none: what is reserved must bound what can be used. */
  readonly outputTokensDefault: number;
  /** How long the store may take to answer before this process draws on its own share. */
  readonly storeMs: number;
}

/** What one team may use in each window; each unit that is absent is not limited. */
export interface LimitRule {
  /** `*`: every team, each by itself. */
  readonly team: string;
  readonly windowMs: number;
  readonly requests?: number;
  readonly tokens?: number;
  /** US dollars, over all attempts. */
  readonly usd?: number;
}

/** What a client presents as its bearer token, and whom it stands for. */
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
  /** Whether it goes on from a closing assistant message (prefill) instead of answering it. Absent: no. A stream is rescued either way. */
  readonly continuesPrefix?: boolean;
  /** What else its answers may call their model, where `model` is an alias or a name of one's own (Azure). Snapshots (`gpt-4o-2024-08-06`) go without saying. */
  readonly answersAs?: readonly string[];
  /** Tokens that its context window holds. A prompt that is too long for one deployment goes to one that says it holds more. Absent: unknown. */
  readonly contextTokens?: number;
}

/** What clients name as `model`; deployments in order of preference. */
export interface RouteConfig {
  readonly name: string;
  readonly deployments: readonly string[];
  /** Of those that are equals, each above 0: what `policy.balance` goes by. */
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
   * Retries and failovers across all requests: each first attempt earns `ratio` tokens up to `tokensMax`, each further attempt spends one
   * (Brooker, "retries", token bucket). A first attempt that goes straight to a fallback because a breaker is open spends none.
   */
  readonly retryBudget: { readonly ratio: number; readonly tokensMax: number };
  /** Null: no breaker. */
  readonly breaker: BreakerConfig | null;
  readonly deadlines: DeadlineConfig;
  /** A stream that breaks after content has flowed is made good. Null: it ends in an in-band error. */
  readonly rescue: RescueConfig | null;
  /** A second attempt beside one that is slow to its commit point. Null: none. */
  readonly hedge: HedgeConfig | null;
  /** The deployments of a route that have weights share its requests by weight and latency. Null: the route's order. */
  readonly balance: BalanceConfig | null;
  /** An adaptive limit to the attempts under way at each deployment; beyond it a request goes elsewhere, and with all at theirs it is refused. Null: none. */
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
  /** Further attempts for one broken stream, refused ones included; each spends a token of the retry budget. */
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
   * Opens as well when the threshold is passed by the attempts that were begun within this time, those under way counted as not failed: a
   * provider that goes down is left within a second or two, however good its last `windowMs` were. Absent: never.
   */
  readonly outageWindowMs?: number;
  /**
   * For this long after probes have closed it, only a share of the requests begins here, from a tenth up to all, as long as another deployment of their route
   * can take them: what has just come back is cold. Absent: all at once.
   */
  readonly rampMs?: number;
}

export interface DeadlineConfig {
  readonly connectMs: number;
  /** From sending the attempt to its first content token: not headers, not a role chunk, not a comment. */
  readonly firstTokenMs: number;
  /** From sending the attempt to the end of a JSON answer, which shows no tokens. Absent: `firstTokenMs` and one `idleMs`. */
  readonly wholeMs?: number;
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
  breaker: { failureRateThreshold: 0.5, minimumThroughput: 10, windowMs: 10_000, cooldownMs: 5_000, halfOpenMaxConcurrent: 1, outageWindowMs: 2_000 },
  deadlines: {
    connectMs: 2_000,
    firstTokenMs: 10_000,
    idleMs: 10_000,
    totalMs: 60_000,
    throughput: { tokensPerSecondMin: 0, graceMs: 5_000 },
  },
  rescue: { attemptsMax: 3 },
  hedge: null,
  balance: null,
  concurrency: null,
};

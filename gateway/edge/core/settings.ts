/** One gateway process behind the edge. */
export interface ReplicaSettings {
  /** Unique in the edge: in metrics, in the state and in admin paths. */
  readonly id: string;
  /** Its origin, without a path: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Its part of the region's traffic, relative to the region's other replicas. */
  readonly weight: number;
}

export interface RegionSettings {
  readonly name: string;
  /**
   * Its part of the traffic, relative to the other regions. 0: a spare, used only while no region with a weight has a
   * live replica.
   */
  readonly weight: number;
  readonly replicas: readonly ReplicaSettings[];
}

/** Active checks. A replica that does not answer in time counts as dead, whether its port is open or not. */
export interface HealthSettings {
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly failuresToDown: number;
  readonly successesToUp: number;
}

/** What requests themselves show about a replica, and how much may be removed. */
export interface EjectionSettings {
  /** Connections in a row that failed before any content. */
  readonly consecutiveFailures: number;
  /** Share of answers in the window that are 5xx or broken, from which a replica may be ejected. */
  readonly failureShare: number;
  /** A replica is an outlier only if the others' failure share is at most this part of its own. */
  readonly othersShareMax: number;
  readonly requestsMin: number;
  readonly windowMs: number;
  /** How long an ejected replica stays out; doubled with each ejection within ten minutes, up to `ejectMsMax`. */
  readonly ejectMs: number;
  readonly ejectMsMax: number;
  /** Largest share of all capacity that is removed within any 60 s. */
  readonly capacityPerMinuteMax: number;
}

/** How a replica that returns gets its traffic back. */
export interface RampSettings {
  /** Shares of its traffic, growing, the last 1. */
  readonly steps: readonly number[];
  readonly stepMsMin: number;
  /** A step whose cache is still cold proceeds after this long if the providers are well. */
  readonly stepMsMax: number;
  /** Cache hit rate, relative to the rate before it went down. */
  readonly hitRateMin: number;
  readonly lookUpsMin: number;
  /** A rate before that was lower than this says nothing. */
  readonly hitRateBeforeMin: number;
  /** Provider p95, relative to the p95 before it went down. */
  readonly providerP95FactorMax: number;
  readonly share429Max: number;
}

export interface RetrySettings {
  /** Attempts of one request, the first included. */
  readonly attemptsMax: number;
  readonly connectMs: number;
  /**
   * A replica that fails its checks but may not be removed: its attempts go elsewhere after this long without content.
   */
  readonly keptSilentMs: number;
  /**
   * Pays for asking another region after an answer by which nothing was delivered. A `ratio` and a `tokensMax` of 0:
   * none is asked.
   */
  readonly elsewhere: { readonly ratio: number; readonly tokensMax: number };
}

/** What the edge's core runs. */
export interface EdgeSettings {
  readonly region: string | null;
  readonly regions: readonly RegionSettings[];
  /** The header whose value keeps a client at one replica; null: each request is spread on its own. */
  readonly sticky: { readonly header: string } | null;
  readonly health: HealthSettings;
  readonly ejection: EjectionSettings;
  readonly ramp: RampSettings;
  readonly retry: RetrySettings;
}

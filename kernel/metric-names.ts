/**
 * Names of metrics, as Prometheus shows them. The parts emit them, the observer and the dashboards read them. The first
 * are the gateway's. The label `route` is a route of the config, or `unknown` for a name that a client invented. `team`
 * and `feature` are empty for an unknown key.
 */
export const metricNames = {
  /** Counter {route, team, feature, outcome}: client requests, as the gateway counted them. */
  requests: "blastlab_gateway_requests_total",
  /** Counter {deployment, outcome}: attempts at providers. */
  attempts: "blastlab_gateway_attempts_total",
  /** Histogram {route}, seconds: from arrival to the end of the answer. */
  requestDuration: "blastlab_gateway_request_duration_seconds",
  /** Histogram {route}, seconds: from arrival to the first content token. */
  firstToken: "blastlab_gateway_first_token_seconds",
  /** Gauge {deployment, state}: 1 for the state that the breaker is in. */
  breakerState: "blastlab_gateway_breaker_state",
  /** Gauge: tokens left in the retry budget, which all routes share. */
  retryBudget: "blastlab_gateway_retry_budget",
  /** Gauge: requests in flight. */
  inFlight: "blastlab_gateway_in_flight",
} as const;

/** The gateway's accounting: money, tokens, allowances. */
export const accountMetricNames = {
  /**
   * Counter {team, feature, deployment, leg}: US dollars; `leg` is `answered`, or `failed` for attempts without a
   * result.
   */
  cost: "blastlab_gateway_cost_usd_total",
  /**
   * Counter {team, feature, deployment, kind}: tokens that providers billed: `input`, `cached_input`, `cache_write`,
   * `output`, disjoint.
   */
  tokens: "blastlab_gateway_tokens_total",
  /** Counter {deployment}: attempts that were billed and whose model has no price: the cost excludes them. */
  unpriced: "blastlab_gateway_unpriced_attempts_total",
  /** Counter {team, by}: requests refused before any provider was asked, by the stage that refused. */
  rejections: "blastlab_gateway_rejections_total",
  /** Gauge {team, unit, window_ms}: share of the window's allowance that is left, as this process last read it. */
  limitLeft: "blastlab_gateway_limit_left_ratio",
  /**
   * Gauge: 1 while the shared store does not answer and this process draws on its own share, 0 otherwise; absent where
   * no store is shared.
   */
  storeLocal: "blastlab_gateway_store_local",
} as const;

/** Cache and guards. */
export const answerMetricNames = {
  /**
   * Counter {route, team, status, kind}: requests that the cache looked up; `kind` is how a hit was found, else `none`.
   */
  cache: "blastlab_gateway_cache_total",
  /** Counter {team, guard, action}: what guards did to requests and answers. */
  guards: "blastlab_gateway_guards_total",
  /** Counter {team, outcome}: questions that the gateway asked itself to warm its cache. */
  warmUps: "blastlab_gateway_cache_warm_ups_total",
  /** Counter {team}: US dollars that providers billed for them. They are in no other figure of cost. */
  warmUpCost: "blastlab_gateway_cache_warm_up_cost_usd_total",
} as const;

/** Configuration packages; all are absent where a gateway follows no control plane. */
export const packageMetricNames = {
  /** Counter {answer}: packages that the gateway has answered for, `acknowledged` or `refused`. */
  answers: "blastlab_gateway_package_answers_total",
  /** Gauge {package, role}: share of the clients whose requests run on it; `role` is `current` or `candidate`. */
  share: "blastlab_gateway_package_share",
  /** Gauge: 1 while packages cannot be kept on disk, 0 otherwise. */
  diskTrouble: "blastlab_gateway_package_disk_trouble",
  /** Gauge: 1 while the control plane answers, 0 otherwise. */
  controlConnected: "blastlab_gateway_control_connected",
} as const;

/** Alarms: conditions that no other metric shows and that a person must look at. */
export const alarmMetricNames = {
  /**
   * Counter {deployment}: answers that broke the contract with their provider: another shape, or another model than the
   * requested one.
   */
  contractBreaches: "blastlab_gateway_contract_breaches_total",
} as const;

/**
 * OpenTelemetry's conventions for callers of a model, `gen_ai.client.*`, by their naming rules for Prometheus. All are
 * histograms {gen_ai_operation_name, gen_ai_provider_name, gen_ai_request_model, server_address, server_port};
 * durations have error_type too.
 */
export const genAiMetricNames = {
  /** Seconds: an attempt at an answer. */
  inferenceDuration: "gen_ai_client_inference_duration_seconds",
  /** Seconds from the start of an attempt to the first piece of its stream. */
  inferenceFirstChunk: "gen_ai_client_inference_time_to_first_chunk_seconds",
  /** Tokens of an attempt, by the provider's own count. */
  inferenceInputTokens: "gen_ai_client_inference_operation_input_tokens",
  inferenceOutputTokens: "gen_ai_client_inference_operation_output_tokens",
  /** Seconds: an attempt at vectors. */
  embeddingsDuration: "gen_ai_client_embeddings_duration_seconds",
  embeddingsInputTokens: "gen_ai_client_embeddings_operation_input_tokens",
} as const;

/** The edge's: docs/edge.md. Counters of replicas are 0 from the start for each that is configured. */
export const edgeMetricNames = {
  /** Counter {outcome}: clients' requests. */
  requests: "blastlab_edge_requests_total",
  /** Counter {replica, end}: attempts at replicas. */
  attempts: "blastlab_edge_attempts_total",
  /** Counter {replica, reason}: removals from the rotation. */
  removals: "blastlab_edge_removals_total",
  /** Counter {replica, reason}: removals that did not happen, because of the last replica or of the limit. */
  kept: "blastlab_edge_kept_total",
  /** Counter: jumps of the machine's clock. */
  clockJumps: "blastlab_edge_clock_jumps_total",
  /** Gauge {replica, region}: share of its own traffic that the replica may get; 0: it is out. */
  replicaShare: "blastlab_edge_replica_share",
  /** Gauge {replica, region}: requests in flight. */
  replicaInFlight: "blastlab_edge_replica_in_flight",
  /** Gauge {replica, region}: the operator's weight. */
  replicaWeight: "blastlab_edge_replica_weight_percent",
} as const;

/** What HAProxy itself counts, where it is the edge's engine. */
export const haproxyMetricNames = {
  /** Counter {replica}: requests that it forwarded. */
  requests: "blastlab_edge_replica_requests_total",
  /** Counter {replica}: requests that it sent again elsewhere. */
  retries: "blastlab_edge_replica_retries_total",
} as const;

/** A region's control plane: docs/control-plane.md. */
export const controlMetricNames = {
  /**
   * Counter {region, event}: lines of its journal since the process began; `event` is the line's, of one that ended a
   * rollout how.
   */
  events: "blastlab_control_events_total",
  /** Gauge {region}: version of the active package; absent: there is none. */
  activeVersion: "blastlab_control_active_version",
  /** Gauge {region, phase}: 1 for the phase that the rollout is in, `none` where nothing is on its way. */
  rollout: "blastlab_control_rollout",
  /** Gauge {region}: share of the clients that the package on its way may reach. */
  rolloutShare: "blastlab_control_rollout_share",
  /** Gauge {region, plane}: seconds since the data plane reported. */
  reportAge: "blastlab_control_plane_report_age_seconds",
  /** Gauge {region, plane}: 1 where its last report has the active package as current, else 0. */
  onActive: "blastlab_control_plane_on_active",
} as const;

/** A region's vault: docs/vault.md. */
export const vaultMetricNames = {
  /** Gauge {region}: 1 while it is sealed, 0 while it is open. */
  sealed: "blastlab_vault_sealed",
  /** Gauge {region}: secrets that it keeps. */
  secrets: "blastlab_vault_secrets",
  /** Counter {region, action, result}: accesses in its audit log since the process began. */
  accesses: "blastlab_vault_accesses_total",
} as const;

/**
 * The observer's: what clients and providers saw, judged as the taps grow. docs/metrics.md. `team`, `feature` and
 * `region` name a cell of the plan.
 */
export const observerMetricNames = {
  /** Counter: requests whose time to be sent has come. */
  offered: "blastlab_observer_offered_total",
  /** Counter {team, feature, region, outcome}: requests that ended; `good`, a cause of a bad one, or `left`. */
  requests: "blastlab_observer_requests_total",
  /** Counter {team, feature, region}: of these, bad ones that were delivered as a success. */
  silent: "blastlab_observer_silent_requests_total",
  /** Histogram {route}, seconds: from the intended send to the first content token. */
  firstToken: "blastlab_observer_first_token_seconds",
  /** Counter {deployment, outcome}: attempts in the providers' logs: `answered`, `failed`, `caller_gone`. */
  attempts: "blastlab_observer_attempts_total",
  /** Counter {team, deployment}: US dollars that providers bill by their logs. */
  billed: "blastlab_observer_billed_usd_total",
  /** Counter {deployment}: attempts that are billed and have no price: the dollars exclude them. */
  unpriced: "blastlab_observer_unpriced_attempts_total",
  /** Counter {route, outcome}: the observer's own probes, `good` or `bad`. */
  probes: "blastlab_observer_probes_total",
  /** Gauge {fault, kind}: 1 while the fault is in force, 0 before and after. */
  faultInForce: "blastlab_observer_fault_in_force",
} as const;

/**
 * What the gateways count, as the observer last read it from their metrics; the counts are absent while none can be
 * read.
 */
export const countedMetricNames = {
  /** Gauge: gateways whose metrics the observer reads. */
  gateways: "blastlab_observer_gateways",
  /** Gauge: of these, those that it could read the last time. */
  readable: "blastlab_observer_gateways_readable",
  /** Counter: requests that they counted. */
  requests: "blastlab_observer_gateway_requests_total",
  /** Counter: of these, failures and rejections. */
  failures: "blastlab_observer_gateway_failures_total",
  /** Counter: attempts that they counted. */
  attempts: "blastlab_observer_gateway_attempts_total",
  /** Counter {team}: US dollars that they counted. */
  cost: "blastlab_observer_gateway_cost_usd_total",
} as const;

/** Names of the gateway's metrics, as Prometheus shows them. The gateway emits them, the observer and the dashboards read them. */
export const metricNames = {
  /** Counter {route, team, feature, outcome}: client requests, by the gateway's own judgement. */
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

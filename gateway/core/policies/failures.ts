import type { FailureKind } from "../../../kernel/outcome.ts";

/** What a failure means for the request, for the deployment and for the client. */
export interface FailureClass {
  /** Another attempt at the same deployment: before all others, only where no other is left, or not at all. */
  readonly here: "first" | "last" | "never";
  /** Whether the route's next deployment may be asked. */
  readonly elsewhere: boolean;
  /**
   * Whether the breaker counts it against the deployment. What it does not count is no evidence about the deployment's
   * health.
   */
  readonly breaker: boolean;
  /** How it surfaces when no attempt is left. */
  readonly status: number;
  readonly code: string;
}

const providerFault = { elsewhere: true, breaker: true } as const;
const callerFault = { here: "never", elsewhere: false, breaker: false } as const;

/**
 * The one table of failure classes: code, documentation and test (after Bifrost's failureclass.go, except that a
 * caller's fault is sent exactly once). It applies before the commit point. After it every failure surfaces in the
 * stream.
 */
export const failureClasses: Readonly<Record<FailureKind, FailureClass>> = {
  dns: { ...providerFault, here: "last", status: 502, code: "upstream_unreachable" },
  refused: { ...providerFault, here: "last", status: 502, code: "upstream_unreachable" },
  connect_timeout: { ...providerFault, here: "last", status: 504, code: "upstream_connect_timeout" },
  reset: { ...providerFault, here: "first", status: 502, code: "upstream_reset" },
  closed_early: { ...providerFault, here: "first", status: 502, code: "upstream_closed_early" },
  /** The answer has been made, and is billed: another attempt here would be billed too, and end in the same way. */
  headers_too_large: { ...providerFault, here: "never", status: 502, code: "upstream_headers_too_large" },
  first_token_timeout: { ...providerFault, here: "never", status: 504, code: "upstream_first_token_timeout" },
  idle_timeout: { ...providerFault, here: "never", status: 504, code: "upstream_idle_timeout" },
  throughput_timeout: { ...providerFault, here: "never", status: 504, code: "upstream_throughput_timeout" },
  /** The request's own deadline passed, perhaps on other deployments, so it counts against none. */
  total_timeout: { here: "never", elsewhere: false, breaker: false, status: 504, code: "total_timeout" },
  /**
   * Counted by the breaker: otherwise a limiter that refuses everything drains the retry budget, and then requests fail
   * beside a healthy fallback.
   */
  rate_limited: { ...providerFault, here: "first", status: 429, code: "rate_limit_exceeded" },
  quota_exhausted: { ...providerFault, here: "never", status: 429, code: "insufficient_quota" },
  /** Elsewhere first: an overloaded provider is not asked again while another can answer. */
  overloaded: { ...providerFault, here: "last", status: 503, code: "upstream_overloaded" },
  server_error: { ...providerFault, here: "first", status: 502, code: "upstream_server_error" },
  auth: { ...providerFault, here: "never", status: 502, code: "upstream_auth" },
  not_found: { ...providerFault, here: "never", status: 502, code: "upstream_not_found" },
  malformed: { ...providerFault, here: "last", status: 502, code: "upstream_malformed" },
  truncated: { ...providerFault, here: "first", status: 502, code: "upstream_truncated" },
  contract: { ...providerFault, here: "never", status: 502, code: "upstream_contract" },
  /**
   * This deployment's own limit, and about this request alone: another may take it, and other requests are not
   * affected.
   */
  too_large: { here: "never", elsewhere: true, breaker: false, status: 413, code: "request_too_large" },
  /** Whoever wrote the earlier turns reads them, and a failover may have made it another deployment of the route. */
  foreign_history: { here: "never", elsewhere: true, breaker: false, status: 400, code: "foreign_history" },
  /** What a model cannot do, another one of the route can, and other requests ask for something else. */
  unsupported: { here: "never", elsewhere: true, breaker: false, status: 400, code: "unsupported" },
  context_length: { ...callerFault, status: 400, code: "context_length_exceeded" },
  content_filter: { ...callerFault, status: 400, code: "content_filter" },
  bad_request: { ...callerFault, status: 400, code: "bad_request" },
};

/** Whether the caller is at fault, not a provider: then the provider's own message reaches the client. */
export function isCallerFault(failure: FailureKind): boolean {
  return failure === "context_length" || failure === "content_filter" || failure === "bad_request";
}

/** Whether the failure is about this request alone: then the provider's own message helps its caller. */
export function isAboutRequest(failure: FailureKind): boolean {
  return failure === "too_large" || failure === "foreign_history" || failure === "unsupported" || isCallerFault(failure);
}

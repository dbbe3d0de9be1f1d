import type { TransportFailure } from "./transport.ts";

/**
 * What went wrong with one attempt, or with one request. The gateway and the observer share these kinds, each with its
 * own classifier.
 */
export type FailureKind =
  | Exclude<TransportFailure, "aborted">
  | "first_token_timeout"
  | "idle_timeout"
  | "total_timeout"
  | "throughput_timeout"
  /** 429 of the provider's rate limiter. */
  | "rate_limited"
  /** 429 that no retry helps: quota or credit is used up. */
  | "quota_exhausted"
  /** 503 and 529: the provider reports overload. */
  | "overloaded"
  /** Any other 5xx. */
  | "server_error"
  /** 401 and 403. */
  | "auth"
  /** 404 and 410: model or route unknown. */
  | "not_found"
  /**
   * 413, or a limit that this one request exceeds by itself: larger than its provider, or this customer's share of it,
   * takes.
   */
  | "too_large"
  /**
   * The conversation holds, or lacks, what only the provider of its earlier turns could sign or encrypt: this one
   * cannot go on with it.
   */
  | "foreign_history"
  /** This deployment lacks what the request asks for, such as tools or images: another may have it. */
  | "unsupported"
  | "context_length"
  | "content_filter"
  /** Any other 4xx: the caller's fault. */
  | "bad_request"
  /** The body does not conform to the dialect: HTML, broken JSON, no choices. */
  | "malformed"
  /** The stream ended without its terminal event. */
  | "truncated"
  /** The answer breaks the contract between gateway and provider, such as another model's name in it. */
  | "contract";

export type Outcome =
  | { readonly kind: "success" }
  | { readonly kind: "failure"; readonly failure: FailureKind }
  /** Refused before any provider was asked: by which stage. */
  | { readonly kind: "rejected"; readonly by: string }
  /** The client went away. */
  | { readonly kind: "cancelled" };

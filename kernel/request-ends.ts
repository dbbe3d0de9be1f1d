/** How the client's side of a request ended, in the client's own terms. */
export type ClientEnd =
  /** A whole response by HTTP's framing. Whether it is a good answer is not said here. */
  | "complete"
  | "refused"
  | "connect_timeout"
  | "reset"
  | "closed_early"
  /** The client's own limit passed. */
  | "timeout"
  /** The client left on purpose. */
  | "aborted"
  /** The lab ended it, because the run was over. */
  | "stopped";

/** What a provider's schedule decides for an attempt when it arrives. */
export type WireFate = "answer" | "error" | "reset" | "timeout" | "truncate" | "wrong";

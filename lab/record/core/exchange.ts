/** One request for an answer as it passed: times, sizes and codes, and never its content. */
export interface Exchange {
  /** Since the recording began. */
  readonly atMs: number;
  /**
   * `answered`: a whole answer under a status below 400. `failed`: see `failure`. `truncated`: a stream that broke, or
   * ended without its terminal event. `caller_gone`: the client left before the end. `excluded`: sent on a pooled
   * connection that the provider closed while it was idle, so that the failure is not attributed to the provider.
   */
  readonly end: "answered" | "failed" | "truncated" | "caller_gone" | "excluded";
  /**
   * As the catalogue's status mix has it: an HTTP code of 400 or more, `timeout`, `reset`, `dns`. Null unless `failed`.
   */
  readonly failure: string | null;
  readonly stream: boolean;
  /** First content of a stream, since the request arrived; null where there was none. */
  readonly firstTokenMs: number | null;
  /** Last content of a stream, since the request arrived. */
  readonly lastTokenMs: number | null;
  /** Of the answer: from its usage, else one for each event with content; null where neither is known. */
  readonly tokens: number | null;
  readonly totalMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** A failure's body, with everything scrubbed that could be content. */
export interface ErrorBody {
  readonly status: number;
  /** Without parameters. */
  readonly contentType: string;
  /** `retry-after` in whole seconds; null where there was none. */
  readonly retryAfterS: number | null;
  readonly body: string;
}

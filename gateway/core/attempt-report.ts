import type { Usage } from "../../kernel/chat.ts";
import type { FailureKind } from "../../kernel/outcome.ts";

/** One attempt at a provider, once it has ended. */
export interface AttemptReport {
  readonly spanId: string;
  readonly deployment: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** Null: it answered. */
  readonly failure: FailureKind | "cancelled" | null;
  readonly status: number | null;
  /** Why it was sent; absent where nobody asks. */
  readonly reason?: AttemptReason;
  /** What the provider says that it used; null: it did not say. A leg that broke off was charged for all the same. */
  readonly usage?: Usage | null;
  /** Content events that it gave, or, of a whole answer, an estimate by its length: its output tokens, where it did not say. */
  readonly textEvents?: number;
}

/** `rescue_*`: for the rest of a stream that broke, by continuing what was delivered, or by a replay of the whole. */
export type AttemptReason = "first" | "passed_over" | "retry" | "failover" | "forced" | "hedge" | "rescue_continue" | "rescue_replay";

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
  /** Why it was sent; absent where nothing reads it. */
  readonly reason?: AttemptReason;
  /** The usage that the provider reported; null: none. A leg that broke off was billed all the same. */
  readonly usage?: Usage | null;
  /**
   * Content events of a stream, or, of a whole answer, an estimate by its length: its output tokens, where the provider
   * reported none.
   */
  readonly textEvents?: number;
  /**
   * Nobody waited for its answer any longer, and its provider may have been at work on it, which it bills. Absent: no.
   */
  readonly isLeftAtWork?: boolean;
}

/** `rescue_*`: for the rest of a broken stream, by continuing what was delivered or by replaying the whole. */
export type AttemptReason = "first" | "passed_over" | "retry" | "failover" | "last_resort" | "forced" | "hedge" | "rescue_continue" | "rescue_replay";

import type { FinishReason, InputUsage, Usage } from "../../kernel/chat.ts";
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
  /** What its provider billed the prompt as, where it reported that before the answer. Absent: it did not. */
  readonly input?: InputUsage;
  /**
   * Content events of a stream, or, of a whole answer, an estimate by its length: its output tokens, where the provider
   * reported none.
   */
  readonly textEvents?: number;
  /**
   * Nobody waited for its answer any longer, and its provider may have been at work on it, which it bills. Absent: no.
   */
  readonly isLeftAtWork?: boolean;
  /** Whether a stream was requested. Absent: no. */
  readonly stream?: boolean;
  /** What the answer reported about itself. Absent: no part of one came. */
  readonly answer?: AnswerFacts;
}

export interface AnswerFacts {
  /** The provider's. Absent: it gave none, or none that can be an id. */
  readonly id?: string;
  /** The model that the answer names. Absent: as `id`. */
  readonly model?: string;
  /** Null: none came. */
  readonly finish: FinishReason | null;
  /** When its first piece came. */
  readonly firstChunkMs: number;
}

/** `rescue_*`: for the rest of a broken stream, by continuing what was delivered or by replaying the whole. */
export type AttemptReason = "first" | "passed_over" | "retry" | "failover" | "last_resort" | "forced" | "hedge" | "rescue_continue" | "rescue_replay";

/**
 * Whether nobody waited any longer for an answer that its provider may have begun: one that accepted the request has. A
 * JSON answer's headers come with its end, so that nothing shows whether it has begun. A stream without headers until a
 * deadline never began.
 */
export function mayBeAtWork(failure: AttemptReport["failure"], status: number | null, isStream: boolean): boolean {
  if (!isLeftAlone(failure)) return false;
  return status === null ? !isStream || failure === "cancelled" : status >= 200 && status <= 299;
}

/** Whether the gateway ended an attempt, not its provider: the client had left, or a deadline passed. */
function isLeftAlone(failure: AttemptReport["failure"]): boolean {
  return failure === "cancelled" || failure === "first_token_timeout" || failure === "idle_timeout" || failure === "throughput_timeout" || failure === "total_timeout";
}

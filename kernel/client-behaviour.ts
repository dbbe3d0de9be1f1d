/**
 * How a client goes on when an attempt fails. `sdk`: as the official SDKs do. `hammer`: again and again, almost at
 * once.
 */
export const retryHabits = ["none", "sdk", "hammer"] as const;
export type RetryHabit = (typeof retryHabits)[number];

/** What a client does by itself about failures: its user's request is judged by what comes of all its attempts. */
export interface ClientBehaviour {
  readonly retries: RetryHabit;
  /**
   * The SDK's own limit for one attempt: until the headers of a stream, until the end of any other answer. Absent: the
   * load generator's alone.
   */
  readonly timeoutMs?: number | undefined;
  /** So long its user waits, from the intended send. Absent: as long as the attempts take. */
  readonly patienceMs?: number | undefined;
}

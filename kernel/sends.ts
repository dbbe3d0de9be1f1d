/** What clients sent, their own retries included. */
export interface Sends {
  /** For each request of the exposure. */
  readonly perRequest: number;
  /** Mean of the steady state, a second. Null: there was none. */
  readonly beforePerSecond: number | null;
  /** Most within a second, from the first fault on. */
  readonly mostWithinSecond: number;
}

/**
 * Tells a client when the words were due that travel to it together, as in virtual time. Absent: words come when they
 * are due.
 */
export interface WordTimes {
  /** Its client sends the request now, and leaves at `untilMs` at the latest. */
  begin(requestId: string, untilMs: number): void;
  /** When the content was due that the client reads next; the present time for content that came alone. */
  nextMs(requestId: string): number;
  /** The client has read its answer, or has left. */
  end(requestId: string): void;
}

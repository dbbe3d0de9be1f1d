import type { WireRecord } from "../../kernel/records.ts";
import type { Judged } from "./classify.ts";

/** What the requests of a span cost at the providers. */
export interface Effort {
  readonly attempts: number;
  /** Attempts per client request that was sent. */
  readonly amplification: number;
  /** Share of the tokens that providers generated for these requests and no client got. */
  readonly tokenWaste: number;
}

/**
 * Attempts of the requests themselves, whenever they arrived; where request ids are not forwarded, those that `arrived`
 * admits.
 */
export function attemptsOf(requests: readonly Judged[], wire: readonly WireRecord[], arrived: (atMs: number) => boolean): readonly WireRecord[] {
  const sent = sentOf(requests);
  return wire.filter((attempt) => (attempt.identity === "header" ? sent.has(attempt.requestId) : arrived(attempt.arrivedMs)));
}

function sentOf(requests: readonly Judged[]): ReadonlySet<string> {
  return new Set(requests.filter(({ record }) => record.sentMs !== null).map(({ record }) => record.requestId));
}

/**
 * Of the requests of a span. `all`: those of the run, any of whose clients may have got an answer. `arrived` is as for
 * `attemptsOf`.
 */
export function effortOf(requests: readonly Judged[], { wire, all, arrived }: { readonly wire: readonly WireRecord[]; readonly all: readonly Judged[]; readonly arrived: (atMs: number) => boolean }): Effort {
  const sent = sentOf(requests);
  const attempts = attemptsOf(requests, wire, arrived);
  const delivered = deliveredTokens(all);
  let generated = 0;
  let wasted = 0;
  for (const attempt of attempts) {
    generated += attempt.tokensGenerated;
    wasted += Math.max(0, attempt.tokensGenerated - (delivered.get(attempt.answerId ?? "") ?? 0));
  }
  return {
    attempts: attempts.length,
    amplification: sent.size === 0 ? 0 : attempts.length / sent.size,
    tokenWaste: generated === 0 ? 0 : wasted / generated,
  };
}

/** The most that any one client got of each answer. */
function deliveredTokens(requests: readonly Judged[]): ReadonlyMap<string, number> {
  const delivered = new Map<string, number>();
  for (const { reading } of requests) {
    for (const { mark, tokens } of reading.legs) delivered.set(mark.answerId, Math.max(tokens, delivered.get(mark.answerId) ?? 0));
  }
  return delivered;
}

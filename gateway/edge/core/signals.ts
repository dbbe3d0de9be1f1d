import type { Headers } from "../../../kernel/transport.ts";

/** What an answer's headers show about the cache and the providers behind its replica. */
export interface AnswerSignals {
  /** Null: the answer was not looked up in a cache. */
  readonly hit: boolean | null;
  readonly attempts: number;
  readonly attempts429: number;
  /** Time of the attempt that succeeded; null: none. */
  readonly okMs: number | null;
}

/** What the answers of a period show. Null: too few, or none. */
export interface SignalSummary {
  readonly lookUps: number;
  readonly hitRate: number | null;
  readonly attempts: number;
  readonly share429: number;
  readonly providerP95Ms: number | null;
}

/** Reads `x-blastlab-cache` and `x-blastlab-attempts` (docs/ARCHITECTURE.md, "A request on the wire"). */
export function signalsOf(headers: Headers): AnswerSignals {
  const cache = headers["x-blastlab-cache"]?.split(";")[0]?.trim();
  const attempts = (headers["x-blastlab-attempts"] ?? "").split(";").flatMap((text) => {
    const [, end, ms] = /:([a-z0-9_]+)@(\d+)$/.exec(text.trim()) ?? [];
    return end === undefined ? [] : [{ end, ms: Number(ms) }];
  });
  return {
    hit: cache === "hit" || cache === "stale" ? true : cache === "miss" ? false : null,
    attempts: attempts.length,
    attempts429: attempts.filter(({ end }) => end === "429").length,
    okMs: attempts.find(({ end }) => end === "ok")?.ms ?? null,
  };
}

const keptMs = 60_000;
const keptMax = 2_000;

/** The signals of a replica's last minute, at most 2,000 answers. */
export class SignalWindow {
  #answers: { readonly atMs: number; readonly signals: AnswerSignals }[] = [];

  add(nowMs: number, signals: AnswerSignals): void {
    this.#answers.push({ atMs: nowMs, signals });
    if (this.#answers.length > 2 * keptMax) this.#answers = this.#answers.slice(-keptMax);
  }

  summary(nowMs: number, sinceMs = -Infinity): SignalSummary {
    const from = Math.max(sinceMs, nowMs - keptMs);
    const recent = this.#answers.filter(({ atMs }) => atMs >= from).map(({ signals }) => signals);
    const lookUps = recent.filter(({ hit }) => hit !== null).length;
    const attempts = recent.reduce((sum, signals) => sum + signals.attempts, 0);
    const attempts429 = recent.reduce((sum, signals) => sum + signals.attempts429, 0);
    const times = recent.flatMap(({ okMs }) => (okMs === null ? [] : [okMs])).toSorted((a, b) => a - b);
    return {
      lookUps,
      hitRate: lookUps === 0 ? null : recent.filter(({ hit }) => hit === true).length / lookUps,
      attempts,
      share429: attempts === 0 ? 0 : attempts429 / attempts,
      providerP95Ms: times.length === 0 ? null : times[Math.ceil(0.95 * times.length) - 1]!,
    };
  }
}

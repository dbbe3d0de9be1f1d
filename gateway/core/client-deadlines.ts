import type { DeadlineConfig } from "./config.ts";
import { BadRequest } from "./contracts.ts";
import { type ExpiredDeadline, firstContentMs } from "./deadlines.ts";

export const deadlinesHeader = "x-blastlab-deadlines";

/** How each name tightens the deadlines: times in ms get shorter, a rate gets higher. */
const tighten: Readonly<Record<string, (to: DeadlineConfig, value: number) => DeadlineConfig>> = {
  first_token: (to, value) => ({ ...to, firstTokenMs: Math.min(to.firstTokenMs, value) }),
  idle: (to, value) => ({ ...to, idleMs: Math.min(to.idleMs, value) }),
  total: (to, value) => ({ ...to, totalMs: Math.min(to.totalMs ?? Infinity, value) }),
  tokens_per_second: (to, value) => ({ ...to, throughput: { ...to.throughput, tokensPerSecondMin: Math.max(to.throughput.tokensPerSecondMin, value) } }),
};

/**
 * The deadlines of one request: the configured ones, or the client's own where those are tighter. `text` is any of
 * `first_token=2000, idle=1000, total=8000, tokens_per_second=5`, in ms. A name that comes twice counts as its tighter
 * value. Throws `BadRequest` for anything else: a client that asks for a deadline must not go without it.
 */
export function clientDeadlines(text: string, configured: DeadlineConfig): DeadlineConfig {
  const asked = text.split(",").reduce((deadlines, item) => {
    const match = /^\s*([a-z_]+)=(\d{1,9}(?:\.\d{1,3})?)\s*$/.exec(item);
    const [name, value] = [match?.[1] ?? "", Number(match?.[2] ?? 0)];
    if (!Object.hasOwn(tighten, name) || value <= 0) throw new BadRequest("invalid_deadlines", `Invalid '${deadlinesHeader}': expected any of ${expected}, each above 0`);
    return tighten[name]!(deadlines, value);
  }, configured);
  return asked.wholeMs === undefined ? asked : { ...asked, wholeMs: wholeMsOf(asked, configured) };
}

/** A client that tightens the first token or the gaps also means JSON answers, whose tokens cannot be seen. */
function wholeMsOf({ firstTokenMs, idleMs }: DeadlineConfig, configured: DeadlineConfig): number {
  const isTighter = firstTokenMs < configured.firstTokenMs || idleMs < configured.idleMs;
  return isTighter ? Math.min(configured.wholeMs!, firstTokenMs + idleMs) : configured.wholeMs!;
}

const expected = Object.keys(tighten)
  .map((name) => `${name}=<${name === "tokens_per_second" ? "rate" : "ms"}>`)
  .join(", ");

/** Whether the deadline that passed was the client's own, and the configured one has not passed yet. */
export function isClientDeadline(expired: ExpiredDeadline, { asked, configured, isWhole }: { asked: DeadlineConfig; configured: DeadlineConfig; isWhole: boolean }): boolean {
  if (asked === configured) return false;
  switch (expired) {
    case "first_token_timeout":
      return firstContentMs(asked, isWhole) < firstContentMs(configured, isWhole);
    case "idle_timeout":
      return asked.idleMs < configured.idleMs;
    case "throughput_timeout":
      return asked.throughput.tokensPerSecondMin > configured.throughput.tokensPerSecondMin;
    case "total_timeout":
      return (asked.totalMs ?? Infinity) < (configured.totalMs ?? Infinity);
  }
}

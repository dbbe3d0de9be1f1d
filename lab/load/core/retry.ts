import type { ClientBehaviour } from "../../../kernel/client-behaviour.ts";
import { hashUnit } from "../../../kernel/hash.ts";
import type { ClientRecord } from "../../../kernel/records.ts";
import type { Headers } from "../../../kernel/transport.ts";

/** An attempt that has ended. */
export interface EndedAttempt {
  /** How many came before it. */
  readonly number: number;
  readonly record: Pick<ClientRecord, "requestId" | "end" | "status" | "stream">;
  /** Of its answer; empty without one. */
  readonly headers: Headers;
}

/**
 * Defaults of openai 7.57.0 and @anthropic-ai/sdk 1.12.0 (client.ts: `maxRetries`, `retryRequest`,
 * `calculateDefaultRetryTimeoutMillis`).
 */
const sdk = { retries: 2, baseMs: 500, delayMsMax: 8_000, jitter: 0.25, retryAfterMsMax: 60_000 };
/** Somebody's own loop without a budget. The bound keeps a run finite. */
const hammer = { retries: 20, delayMs: 100 };

/** How long the client waits before it tries again; null: it does not. */
export function retryDelayMs({ retries }: ClientBehaviour, attempt: EndedAttempt): number | null {
  if (retries === "none" || !isFailed(attempt.record)) return null;
  if (retries === "hammer") return attempt.number < hammer.retries ? hammer.delayMs : null;
  if (attempt.number >= sdk.retries || !isRetried(attempt)) return null;
  return askedDelayMs(attempt) ?? backoffMs(attempt);
}

/** Nothing came, an error came, or an answer broke off. What the lab itself ended is none of them. */
function isFailed({ end, status }: EndedAttempt["record"]): boolean {
  if (end === "stopped" || end === "aborted" || end === "dropped") return false;
  return end !== "complete" || status === null || status >= 400;
}

/**
 * What a server says of a retry comes first; an answer that has begun is not asked for again, unless it is no stream
 * and timed out.
 */
function isRetried({ record: { end, status, stream }, headers }: EndedAttempt): boolean {
  if (status === null) return true;
  if (status < 400) return end === "timeout" && !stream;
  const asked = headers["x-should-retry"];
  if (asked === "true" || asked === "false") return asked === "true";
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/**
 * `retry-after-ms`, or `Retry-After` in seconds (a date counts as none); null where it asks for nothing that an SDK
 * does.
 */
function askedDelayMs({ headers }: EndedAttempt): number | null {
  const given = Number.parseFloat(headers["retry-after-ms"] ?? "");
  const asked = Number.isNaN(given) ? Number.parseFloat(headers["retry-after"] ?? "") * 1_000 : given;
  return asked >= 0 && asked <= sdk.retryAfterMsMax ? asked : null;
}

function backoffMs({ number, record }: EndedAttempt): number {
  const jitter = 1 - sdk.jitter * hashUnit("retry", `${record.requestId}/${number}`);
  return Math.min(sdk.baseMs * 2 ** number, sdk.delayMsMax) * jitter;
}

import { readBody } from "../../../kernel/bounded-body.ts";
import type { Clock } from "../../../kernel/clock.ts";
import { messageOf } from "../../../kernel/errors.ts";
import { Canceller, type Signal } from "../../../kernel/signal.ts";
import type { Headers, Transport } from "../../../kernel/transport.ts";
import { utf8Bytes } from "../../../kernel/utf8.ts";
import { VaultUnavailable } from "./vault-port.ts";

export interface VaultExchangeOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Without a trailing slash. */
  readonly url: string;
  /** Read for each request, so that a rotated key takes effect. */
  readonly key: (signal: Signal) => Promise<string>;
  readonly keyHeaders: (key: string) => Headers;
  readonly timeoutMs: number;
}

export interface VaultAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfterMs: number | null;
}

const answerBytesMax = 1 << 20;
const late = "no answer in time";

/**
 * One request to a vault within its deadline. Rejects with `VaultUnavailable` where no answer came; the message quotes
 * no body.
 */
export async function askVault({ transport, clock, url, key, keyHeaders, timeoutMs }: VaultExchangeOptions, { method, path, body }: { method: "GET" | "POST"; path: string; body?: object }, signal: Signal): Promise<VaultAnswer> {
  using deadline = new Canceller(signal);
  const cancelTimer = clock.at(clock.nowMs() + timeoutMs, () => deadline.cancel(late));
  try {
    const headers = { ...keyHeaders(await key(deadline.signal)), "cache-control": "no-store", ...(body !== undefined && { "content-type": "application/json" }) };
    const response = await transport.open({ method, url: url + path, headers, body: utf8Bytes(body === undefined ? "" : JSON.stringify(body)) }, deadline.signal);
    const text = await readBody(response.body, answerBytesMax);
    return { status: response.status, body: objectOf(text), retryAfterMs: retryAfterOf(response.headers) };
  } catch (error) {
    if (error instanceof VaultUnavailable) throw error;
    if (deadline.signal.aborted && !signal.aborted) throw new VaultUnavailable("slow", `The vault did not answer within ${timeoutMs} ms`);
    throw new VaultUnavailable("unreachable", `The vault cannot be reached: ${messageOf(error)}`);
  } finally {
    cancelTimer();
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = text === "" ? {} : JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // What it says quotes the text.
  }
  throw new VaultUnavailable("failed", "The vault's answer is no JSON object");
}

function retryAfterOf(headers: Headers): number | null {
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  return seconds >= 0 && seconds < 86_400 ? seconds * 1_000 : null;
}

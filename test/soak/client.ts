import { Agent, request } from "undici";
import type { Ask } from "./asks.ts";

/**
 * What a client saw. `whole`: 200 and ended as it should. `said_so`: a stream that ended in an error event. `cut`: the
 * connection broke after 200. `silent`: 200, a clean end, and neither an ending nor an error, which nothing excuses.
 * `left`: the client went away. `lost`: no status ever came.
 */
export type Seen = "whole" | "said_so" | "cut" | "silent" | "left" | "lost" | "refused" | "failed";

export interface Saw {
  readonly seen: Seen;
  /** Null: none came. */
  readonly status: number | null;
}

const terminal = /data: \[DONE\]|event: response\.(completed|incomplete)|event: message_stop/;
const inBandError = /data: \{"error":|event: error|event: response\.failed/;

/** Connections to one gateway, kept as clients keep them; no retries. */
export class Client implements AsyncDisposable {
  readonly #agent = new Agent({ connections: 1_000, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 });
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async play({ path, headers, body, stream, leaveAfterMs }: Ask): Promise<Saw> {
    const left = new AbortController();
    const leaving = leaveAfterMs === null ? null : setTimeout(() => left.abort(), leaveAfterMs);
    let status: number | null = null;
    try {
      const response = await request(this.#url + path, { method: "POST", headers, body, dispatcher: this.#agent, signal: left.signal });
      status = response.statusCode;
      const text = await response.body.text();
      return { seen: seenOf(status, text, stream), status };
    } catch {
      return { seen: left.signal.aborted ? "left" : status === null ? "lost" : "cut", status };
    } finally {
      if (leaving !== null) clearTimeout(leaving);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

/** What came of an answer that was read to its end. */
export function seenOf(status: number, text: string, stream: boolean): Seen {
  if (status !== 200) return status < 500 ? "refused" : "failed";
  if (!stream) return isJson(text) ? "whole" : "silent";
  if (terminal.test(text)) return "whole";
  return inBandError.test(text) ? "said_so" : "silent";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { performance } from "node:perf_hooks";
import type { Iteration } from "./iteration.ts";

/** k6's response, as far as the lab's script reads it. */
export interface K6Response {
  /** 0 for an exchange that broke, whatever had come by then. */
  readonly status: number;
  readonly error: string;
  readonly error_code: number;
  /** Null with `responseType: "none"`, and for an exchange that broke. */
  readonly body: string | null;
  readonly timings: { readonly blocked: number; readonly sending: number; readonly waiting: number; readonly receiving: number; readonly duration: number };
}

export interface K6Params {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  readonly responseType?: "text" | "none";
}

/** k6's error codes (grafana.com/docs/k6, "Error codes"): 1000 generic, 1050 its own timeout, 12xx TCP. */
const errorCodes: Readonly<Record<string, number>> = { ECONNREFUSED: 1212, ECONNRESET: 1220, ETIMEDOUT: 1211, TIMEOUT: 1050 };

/**
 * `http.post` with k6's habits: the script gets the response only when its body has come whole, and the timings know
 * the headers and the end, nothing between.
 */
export function post({ agent, signal }: Pick<Iteration, "agent" | "signal">, { url, body, params }: { url: string; body: string; params: K6Params }): Promise<K6Response> {
  const startMs = performance.now();
  let headersMs = startMs;
  const timings = () => {
    const endMs = performance.now();
    return { blocked: 0, sending: 0, waiting: headersMs - startMs, receiving: endMs - headersMs, duration: endMs - startMs };
  };
  const failed = (error: NodeJS.ErrnoException): K6Response => ({ status: 0, error: error.message, error_code: errorCodes[error.code ?? ""] ?? 1_000, body: null, timings: timings() });
  if (signal.aborted) return Promise.resolve(failed(new Error("context canceled")));
  const outgoing = request(url, { method: "POST", agent, headers: { ...params.headers, "content-length": String(Buffer.byteLength(body)) } });
  const unlink = breakOn(outgoing, signal, params.timeout ?? 60_000);
  return new Promise((resolve) => {
    const finish = (response: K6Response) => {
      unlink();
      resolve(response);
    };
    outgoing.once("error", (error) => finish(failed(error)));
    outgoing.once("response", (incoming) => {
      headersMs = performance.now();
      wholeBody(incoming).then(
        (text) => finish({ status: incoming.statusCode ?? 0, error: "", error_code: (incoming.statusCode ?? 0) >= 400 ? 1_000 + incoming.statusCode! : 0, body: params.responseType === "none" ? null : text, timings: timings() }),
        (error: NodeJS.ErrnoException) => finish(failed(error)),
      );
    });
    outgoing.end(body);
  });
}

/** Breaks the request off at its timeout and when k6 is told to stop. */
function breakOn(outgoing: ClientRequest, signal: AbortSignal, timeoutMs: number): () => void {
  const stop = () => void outgoing.destroy(new Error("context canceled"));
  const timer = setTimeout(() => outgoing.destroy(Object.assign(new Error("request timeout"), { code: "TIMEOUT" })), timeoutMs);
  signal.addEventListener("abort", stop);
  return () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  };
}

async function wholeBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

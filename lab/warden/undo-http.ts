import { messageOf } from "../../kernel/errors.ts";
import type { UndoStep } from "./undo.ts";

export type HttpStep = Extract<UndoStep, { kind: "http" }>;

/** `gone`: there was nothing to undo, or nobody serves the URL any more. */
export type HttpUndoResult = "undone" | "gone";

/**
 * Runs the step. Rejects when it is not answered within its limit (or `timeoutMsMax`), or answered with any other
 * status.
 */
export async function undoByHttp(step: HttpStep, timeoutMsMax = Infinity): Promise<HttpUndoResult> {
  const { method, url, body, headers, gone, goneIfRefused, timeoutMs } = step;
  const limitMs = Math.min(timeoutMs, timeoutMsMax);
  let status: number;
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body }),
      redirect: "manual",
      signal: AbortSignal.timeout(limitMs),
    });
    await response.arrayBuffer();
    status = response.status;
  } catch (error) {
    if (goneIfRefused && codeOf(error) === "ECONNREFUSED") return "gone";
    throw new Error(`${method} ${url} failed: ${reasonOf(error, limitMs)}`, { cause: error });
  }
  if (gone.includes(status)) return "gone";
  if (status >= 200 && status < 300) return "undone";
  throw new Error(`${method} ${url} answered ${status}`);
}

/** `fetch` wraps the cause that a reader wants to know. */
function reasonOf(error: unknown, limitMs: number): string {
  if (error instanceof DOMException && error.name === "TimeoutError") return `no answer within ${limitMs} ms`;
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
}

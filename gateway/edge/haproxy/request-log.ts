import type { EdgeEvent } from "../core/events.ts";
import { signalsOf, type AnswerSignals } from "../core/signals.ts";

/** One line of JSON a request. Between single quotes in HAProxy's file. */
export const logFormat = '{"server":"%s","status":%ST,"end":"%ts","retries":"%rc","cache":"%[capture.res.hdr(0),json]","attempts":"%[capture.res.hdr(1),json]"}';

/** What HAProxy logs when a request has ended. */
interface LoggedRequest {
  readonly server: string;
  readonly status: number;
  /** Its "termination state": what ended it, and in which state (HAProxy's configuration manual, 8.5). */
  readonly end: string;
  readonly retries: string;
  readonly cache: string;
  readonly attempts: string;
}

/** What a request showed. `answer`: null where no replica answered, so that it shows nothing about one. */
export interface RequestSeen {
  readonly event: EdgeEvent & { readonly kind: "request" };
  readonly answer: { readonly replica: string; readonly isError: boolean; readonly signals: AnswerSignals } | null;
}

/** Reads a line; null: it is not one of a request. */
export function requestOf(line: string): RequestSeen | null {
  if (!line.startsWith('{"server":')) return null;
  const { server, status, end, retries, cache, attempts } = JSON.parse(line) as LoggedRequest;
  const outcome = outcomeOf(end);
  const hasAnswer = "DL-".includes(end[1]!) && outcome !== "refused" && status >= 100;
  const header = (value: string) => (value === "-" ? "" : value);
  const signals = signalsOf({ "x-blastlab-cache": header(cache), "x-blastlab-attempts": header(attempts) });
  return {
    event: { kind: "request", outcome, attempts: outcome === "refused" ? 0 : Number(retries.replace("+", "")) + 1 },
    answer: hasAnswer ? { replica: server, isError: status >= 500, signals } : null,
  };
}

function outcomeOf([cause = "-", state = "-"]: string): "answered" | "cut" | "unavailable" | "client_gone" | "refused" {
  if (cause === "-") return "answered";
  if (cause === "C" || cause === "c") return "client_gone";
  if (cause === "P" || state === "R") return "refused";
  return state === "D" || state === "L" ? "cut" : "unavailable";
}

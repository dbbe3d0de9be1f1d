import { exitCodes } from "../../../kernel/errors.ts";
import { duration, percent } from "../../../observer/measure/format.ts";
import { listenForInterrupt } from "../../live/interrupt.ts";
import type { ProfileFile } from "../../record/profile-file.ts";
import { record } from "../../record/record.ts";
import { writeJson, writeLines, type Io } from "../io.ts";

export interface RecordFlags {
  readonly upstream: string;
  readonly listen: number;
  readonly out: string;
  readonly allowTargets?: string;
  /** Milliseconds. */
  readonly for?: number;
  readonly json?: boolean;
}

/**
 * `blastlab record`: resolves to the exit code: 0, or 130 where Ctrl-C cut a recording short that was to last longer.
 */
export async function recordCommand({ upstream, listen, out, allowTargets, for: forMs, json = false }: RecordFlags, io: Io): Promise<number> {
  using interrupt = listenForInterrupt();
  const onReady = (url: string) => void (json ? io.stderr : io.stdout).write(`Recording: ${url} proxies ${new URL(upstream).origin}; ${forMs === undefined ? "Ctrl-C ends it" : `for ${duration(forMs)}`}\n`);
  const profile = await record({ upstream, listen, out, allowTargets: allowTargets ?? null, forMs: forMs ?? null, signal: interrupt.signal, onReady });
  if (json) writeJson(io, { out, profile });
  else writeLines(io, lines(out, profile));
  return forMs !== undefined && interrupt.signal.aborted ? exitCodes.interrupted : exitCodes.held;
}

function lines(out: string, { lengthMs, counts, notRecorded, latency, phases, errors }: ProfileFile): string[] {
  const { answered, failed, truncated, callerGone, excluded } = counts;
  const fitted =
    latency === null
      ? "Too few answers for a latency profile: it needs ten of one kind"
      : `First token after ${duration(latency.firstTokenMsP50)} (median; sigma ${latency.firstTokenSigma}), then ${latency.tokensPerSecond} tokens a second: ${latency.samples} ${latency.from === "streams" ? "streams" : "whole answers"}`;
  return [
    `Recorded ${duration(lengthMs)} into ${out}: ${answered} answered, ${failed} failed, ${truncated} cut, ${callerGone} given up by the client`,
    ...(excluded === 0 ? [] : [`Excluded ${excluded}: the client saw a reset on a pooled connection that the provider had closed while it was idle`]),
    ...(notRecorded === 0 ? [] : [`Not recorded: the last ${notRecorded} requests, which came after the recording was full; give a shorter --for`]),
    fitted,
    ...phases.map(({ fromMs, toMs, requests, errorRate, latencyFactor }) => `  ${duration(fromMs)} to ${duration(toMs)}: ${requests} requests, ${percent(errorRate)} failed, latency x${latencyFactor}`),
    ...errors.slice(0, 5).map(({ status, count, body }) => `  ${status}, ${count} times: ${body.replaceAll(/\s+/g, " ").slice(0, 90)}`),
    "Neither prompts nor answers nor keys are in it; look it over before you share it",
  ];
}

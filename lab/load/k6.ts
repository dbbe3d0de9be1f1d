import { fileURLToPath } from "node:url";
import type { Arrival } from "../../kernel/plan.ts";

const script = fileURLToPath(new URL("../../scenarios/k6/replay.ts", import.meta.url));

export interface K6Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The command by which k6 v2 replays an arrivals file against the relay. k6 sends no usage report, opens no port and
 * fetches no extension. It writes its own view of each request to `output`, one line of JSON each, for people who
 * compare it with the relay's records. The lab does not read it.
 */
export function k6Command(options: {
  /** The k6 binary. */
  binary: string;
  /** Path of `arrivals.ndjson`, and its content. */
  arrivalsFile: string;
  arrivals: readonly Arrival[];
  /** Base URL by region: the relay's. */
  targets: Readonly<Record<string, string>>;
  keys: Readonly<Record<string, string>>;
  /** Unix ms of the timeline's zero. */
  epochMs: number;
  timeoutMs: number;
  output: string;
}): K6Command {
  const { binary, arrivalsFile, arrivals, targets, keys, epochMs, timeoutMs, output } = options;
  const quiet = ["--quiet", "--no-color", "--no-usage-report", "--summary-mode=disabled"];
  return {
    command: binary,
    args: ["run", ...quiet, `--console-output=${output}`, "--log-format=raw", script],
    env: {
      ARRIVALS: arrivalsFile,
      TARGETS: JSON.stringify(targets),
      KEYS: JSON.stringify(keys),
      EPOCH_MS: String(epochMs),
      TIMEOUT_MS: String(timeoutMs),
      VUS: String(virtualUsers(arrivals)),
      K6_AUTO_EXTENSION_RESOLUTION: "false",
      K6_NO_USAGE_REPORT: "true",
    },
  };
}

/** k6's exit codes (its `errext/exitcodes`). When a threshold is crossed, the whole load was offered all the same. */
const thresholdsCrossed = 99;
const exitReasons: Readonly<Record<number, string>> = {
  104: "its configuration is invalid",
  105: "it was stopped by a signal that the lab did not send",
  106: "it could not open its REST API",
  107: "the script threw an exception",
  108: "the script aborted the test",
  109: "k6 crashed",
};

/** Why a k6 that ended with this code did not offer the whole load; null when it did. */
export function k6Failure(code: number | null): string | null {
  if (code === 0 || code === thresholdsCrossed) return null;
  if (code === null) return "k6 was killed";
  return `k6 ended with exit code ${code}: ${exitReasons[code] ?? "k6 documents no reason for it"}`;
}

const busyMs = 12_000;
const usersMin = 10;
const usersMax = 400;

/**
 * Virtual users for these arrivals: as many as are sent within any 12 s, so that no arrival waits for a user while
 * requests take less than that. When more requests are in flight than there are users, later ones are sent late. The
 * records show it, and the verdict voids the run.
 */
export function virtualUsers(arrivals: readonly Arrival[]): number {
  let oldest = 0;
  let most = 0;
  for (const [index, arrival] of arrivals.entries()) {
    while (arrivals[oldest]!.atMs < arrival.atMs - busyMs) oldest++;
    most = Math.max(most, index - oldest + 1);
  }
  return Math.min(arrivals.length, usersMax, Math.max(usersMin, most));
}

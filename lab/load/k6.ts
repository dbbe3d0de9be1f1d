import { fileURLToPath } from "node:url";
import type { Arrival } from "../../kernel/plan.ts";

const script = fileURLToPath(new URL("../../scenarios/k6/replay.ts", import.meta.url));

export interface K6Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The command that replays an arrivals file by k6 v2 and writes what happened to `output`, which `k6Records` reads. It reports to nobody,
 * opens no port and fetches no extension. SIGTERM ends it at once (exit 105).
 */
export function k6Command(options: {
  /** The k6 binary. */
  binary: string;
  /** Path of `arrivals.ndjson`, and what it holds. */
  arrivalsFile: string;
  arrivals: readonly Arrival[];
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

const busyMs = 12_000;
const usersMin = 10;
const usersMax = 400;

/**
 * Virtual users for these arrivals: as many as are sent within any 12 s, so that none waits for a user while requests take less than
 * that. When more are in flight than users, later ones are sent late, which the records show and the verdict judges.
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

/**
 * Replays a run's arrivals by k6. Virtual users take the iterations in order, and each waits for its arrival's time.
 * The requests go to the lab's measuring relay, which times the answers, because k6 buffers bodies and cannot see a
 * first token. For each request the script prints k6's own view to the console, which k6 redirects to a file.
 *
 * Environment: ARRIVALS (path of arrivals.ndjson), TARGETS and KEYS (JSON), EPOCH_MS (Unix ms), TIMEOUT_MS, VUS.
 */
import { SharedArray } from "k6/data";
import exec from "k6/execution";
import http from "k6/http";
import { sleep } from "k6";

/** Missing in k6's types. */
declare const console: { log(line: string): void };

interface Arrival {
  readonly index: number;
  readonly atMs: number;
  readonly requestId: string;
  readonly client: string;
  readonly team: string;
  readonly feature: string;
  readonly region: string;
  readonly route: string;
  readonly prompt: string;
  readonly maxTokens: number;
  readonly stream: boolean;
  readonly systemPrompt?: string;
}

const arrivals = new SharedArray<Arrival>("arrivals", () =>
  open(setting("ARRIVALS"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Arrival),
);
const targets = JSON.parse(setting("TARGETS")) as Record<string, string>;
const keys = JSON.parse(setting("KEYS")) as Record<string, string>;
const epochMs = Number(setting("EPOCH_MS"));
const timeoutMs = Number(setting("TIMEOUT_MS"));

const lastMs = arrivals[arrivals.length - 1]?.atMs ?? 0;
const startSlackMs = 60_000;

export const options = {
  scenarios: {
    replay: {
      executor: "shared-iterations",
      vus: Number(setting("VUS")),
      iterations: arrivals.length,
      maxDuration: `${Math.ceil((lastMs + timeoutMs + startSlackMs) / 1_000)}s`,
      gracefulStop: "0s",
    },
  },
  maxRedirects: 0,
  systemTags: [],
};

export default function replay(): void {
  const arrival = arrivals[exec.scenario.iterationInTest]!;
  const waitMs = epochMs + arrival.atMs - Date.now();
  if (waitMs > 0) sleep(waitMs / 1_000);
  const { status, error_code, timings } = http.post(`${targets[arrival.region]}/v1/chat/completions`, bodyOf(arrival), {
    headers: {
      authorization: `Bearer ${keys[`${arrival.team}/${arrival.feature}`]}`,
      "content-type": "application/json",
      "x-client-request-id": arrival.requestId,
      "x-blastlab-intended": String(epochMs + arrival.atMs),
    },
    timeout: timeoutMs,
    responseType: "none",
  });
  console.log(JSON.stringify({ arrival: arrival.index, status, errorCode: error_code, waitingMs: timings.waiting, durationMs: timings.duration }));
}

function bodyOf(arrival: Arrival): string {
  return JSON.stringify({
    model: arrival.route,
    messages: [{ role: "user", content: arrival.prompt }],
    max_tokens: arrival.maxTokens,
    ...(arrival.systemPrompt !== undefined && { prompt: { id: arrival.systemPrompt } }),
    stream: arrival.stream,
    user: arrival.client,
    ...(arrival.stream ? { stream_options: { include_usage: true } } : {}),
  });
}

function setting(name: string): string {
  const value = __ENV[name];
  if (value === undefined) throw new Error(`${name} is not set: this script is run by "blastlab run --load k6"`);
  return value;
}

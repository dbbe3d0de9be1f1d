/**
 * Replays a run's arrivals by k6: iterations are handed out in order to enough virtual users, and each waits for its time. For every
 * request it writes two lines of JSON to the console (k6 redirects it to a file): that it was sent, and what came back. What they mean is
 * decided by lab/load/k6-records.ts, with the same reader of answers as the embedded generator's.
 *
 * Environment: ARRIVALS (path of arrivals.ndjson), TARGETS and KEYS (JSON), EPOCH_MS (Unix ms), TIMEOUT_MS, VUS.
 */
import { SharedArray } from "k6/data";
import exec from "k6/execution";
import http from "k6/http";
import { sleep } from "k6";

/** k6 has a console, its types leave it out. */
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
  const sentMs = Date.now() - epochMs;
  console.log(JSON.stringify({ type: "sent", arrival: arrival.index, sentMs }));
  const response = http.post(`${targets[arrival.region]}/v1/chat/completions`, bodyOf(arrival), {
    headers: {
      authorization: `Bearer ${keys[`${arrival.team}/${arrival.feature}`]}`,
      "content-type": "application/json",
      "x-client-request-id": arrival.requestId,
    },
    timeout: timeoutMs,
    responseType: "text",
  });
  console.log(
    JSON.stringify({
      type: "answered",
      arrival: arrival.index,
      sentMs,
      status: response.status,
      errorCode: response.error_code,
      error: response.error,
      contentType: response.headers["Content-Type"] ?? null,
      deployment: response.headers["X-Blastlab-Deployment"] ?? null,
      body: response.body,
      headersAfterMs: response.timings.blocked + response.timings.sending + response.timings.waiting,
      endAfterMs: response.timings.blocked + response.timings.duration,
    }),
  );
}

function bodyOf(arrival: Arrival): string {
  return JSON.stringify({
    model: arrival.route,
    messages: [{ role: "user", content: arrival.prompt }],
    max_tokens: arrival.maxTokens,
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
